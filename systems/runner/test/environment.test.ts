import { expect, test } from 'vitest'
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
