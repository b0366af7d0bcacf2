import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { block, bold, jsonDocument, red, shellWord, text, written } from '../../src/cli/text.ts'

const hostile = 'a\x1b[2J\x1b]0;owned\x07b\u009b31mc\u202ed\u2066e\r\nf\0g\x7fh\ufeffi'

describe('what a stranger says', () => {
  test('reaches a terminal without a control character, and stays readable', () => {
    expect(text`says ${hostile}!`.shown).toBe('says a␛[2J␛]0;owned␇b\\u{9b}31mc\\u{202e}d\\u{2066}e  f␀g␡h\\u{feff}i!')
  })

  test('stays harmless in colours, in several lines and within other texts', () => {
    const shown = text`${red(hostile)} ${bold(text`in ${hostile}`)} ${block(hostile, '> ')}`.shown
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for
    expect(stripVTControlCharacters(shown)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\ufeff]/)
    expect(block('one\ntwo\x1b[m', '> ').shown).toBe('> one\n> two␛[m')
  })

  test('keeps letters of every script, and emoji that are joined', () => {
    const foreign = 'Größe 漢字 میخواهم 👩‍👩‍👧'
    expect(text`${foreign}`.shown).toBe(foreign)
  })

  test('is cut where nobody would read on', () => {
    expect(block('x'.repeat(30_000), '').shown).toMatch(/^x{20000}\n… 10000 more characters: --json has them$/)
  })
})

test('a document of JSON is harmless too, and means the same', () => {
  const document = { [hostile]: [hostile, '👩‍👩‍👧', '\u{e0041}', 1, null] }
  const printed = jsonDocument(document)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for
  expect(printed).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\ufeff]|\u{e0041}/u)
  expect(JSON.parse(printed)).toEqual(document)
})

test('colours are ours, and are left out where none are wanted', () => {
  expect(written(text`is ${red('stuck')}`, true)).toBe('is \x1b[31mstuck\x1b[39m')
  expect(written(text`is ${red('stuck')}`, false)).toBe('is stuck')
})

test.each([
  ['order-17', 'order-17'],
  ['payment/0197/charge', 'payment/0197/charge'],
  ['', "''"],
  ['$(reboot)', "'$(reboot)'"],
  ["it's", "'it'\\''s'"],
])('%s is one word of a shell as %s', (word, shown) => {
  expect(shellWord(word)).toBe(shown)
})
