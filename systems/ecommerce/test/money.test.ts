import fc from 'fast-check'
import { expect, test } from 'vitest'
import { centsMax, fromCents, toCents } from '../money.ts'

test('every amount with two decimals comes in and goes out unchanged', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: centsMax }), cents => {
      const text = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
      expect(toCents(JSON.parse(text))).toBe(cents)
      expect(fromCents(cents)).toBe(Number(text))
    }),
  )
})

test.each([1.005, 0.001, 2599.981, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1299.99 * 3 + 1e-9])(
  '%d is no amount in cents',
  amount => {
    expect(toCents(amount)).toBeUndefined()
  },
)

test('1299.99 twice is 2599.98', () => {
  expect(fromCents(toCents(1299.99)! * 2)).toBe(2599.98)
})
