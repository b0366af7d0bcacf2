import { expect, test } from 'vitest'
import { visibleText } from '../../web/parts/visible-text.ts'

test.each([
  ['a new line\nand\ta tab', 'a new line\nand\ta tab'],
  ['<b>markup</b> & more', '<b>markup</b> & more'],
  ['Grüße, 東京, مرحبا, 🙂, 👩‍🔧', 'Grüße, 東京, مرحبا, 🙂, 👩‍🔧'],
  ['red: \u001b[31m', 'red: \\u{1b}[31m'],
  ['nothing: \0', 'nothing: \\u{0}'],
  ['exe\u202egpj.tac', 'exe\\u{202e}gpj.tac'],
  ['pass\u200bword', 'pass\\u{200b}word'],
  ['half \ud800 a pair', 'half \\u{d800} a pair'],
  ['a line\u2028and a paragraph\u2029', 'a line\\u{2028}and a paragraph\\u{2029}'],
])('%j is shown as %j', (text, shown) => {
  expect(visibleText(text)).toBe(shown)
})
