import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Environment, Trouble } from '../environment.ts'

const environment = (text: string) => new Environment({ NAME: text })

test.each([
  ['0', 0],
  ['1', 1],
  ['0.25', 0.25],
  ['', 0.1],
  ['often', 0.1],
  ['-1', 0.1],
  ['1.5', 0.1],
  ['NaN', 0.1],
])('the rate "%s" counts as %d, and what is none as the default', (text, rate) => {
  expect(environment(text).rate('NAME', 0.1)).toBe(rate)
})

test('a variable that is not there, or empty, is the default', () => {
  expect(new Environment({}).text('NAME', 'default')).toBe('default')
  expect(environment('').port('NAME', 8001)).toBe(8001)
})

test.each(['0', '65536', '80.5', 'http'])('the port "%s" is refused by name', text => {
  expect(() => environment(text).port('NAME', 8001)).toThrow(
    new Trouble(`NAME is "${text}": it must be a whole number from 1 to 65535.`),
  )
})

test('a list has commas between its parts, and none of them is empty', () => {
  expect(environment('one, two:5673,three').list('NAME', 'default')).toEqual(['one', 'two:5673', 'three'])
  expect(environment('').list('NAME', 'default')).toEqual(['default'])
  expect(() => environment('one,').list('NAME', 'default')).toThrow(/^NAME cannot be used/)
})

describe('a variable in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'environment-'))
  const file = join(folder, 'secret')
  afterAll(() => rmSync(folder, { recursive: true }))
  const written = (content: string, beside = {}) => {
    writeFileSync(file, content)
    return new Environment({ NAME_FILE: file, ...beside })
  }

  test.each(['opens sesame', 'opens sesame\n', 'opens sesame\r\n'])('is its content: %j', content => {
    expect(written(content).text('NAME', 'default')).toBe('opens sesame')
  })

  test('may be anything that the variable may be', () => {
    const inFile = (content: string) => written(`${content}\n`)
    expect(inFile('8001').port('NAME', 80)).toBe(8001)
    expect(inFile('amqp://me:secret@host/').url('NAME', /^amqp:$/, '')?.password).toBe('secret')
  })

  test('is not the default because it is empty', () => {
    expect(() => written('\n').text('NAME', 'default')).toThrow(
      new Trouble(`NAME_FILE cannot be used: ${file} is empty.`),
    )
  })

  test('is refused if the variable is there too', () => {
    expect(() => written('secret', { NAME: 'other' }).text('NAME', 'default')).toThrow(
      new Trouble('NAME and NAME_FILE are set: one of them is enough.'),
    )
  })

  test('is refused by name if it cannot be read', () => {
    expect(() => new Environment({ NAME_FILE: '/nowhere/secret' }).text('NAME', 'default')).toThrow(
      new Trouble("NAME_FILE cannot be used: ENOENT: no such file or directory, open '/nowhere/secret'."),
    )
  })
})
