import { expect, test } from 'vitest'
import { toCents } from '../amount.ts'

test.each([
  ['1', 100n],
  ['0.5', 50n],
  ['1000.01', 100_001n],
  ['099999', 9_999_900n],
  ['99999999999999999999', 9_999_999_999_999_999_999_900n],
])('%s are %d cents', (amount, cents) => {
  expect(toCents(amount)).toBe(cents)
})

test.each(['', '-5', '+5', '1.', '.5', '1.005', '1e3', '1,5', ' 1', 'NaN', 'ten'])('"%s" is no amount', amount => {
  expect(toCents(amount)).toBeUndefined()
})
