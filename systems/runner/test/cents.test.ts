import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toCents } from '../cents.ts'

test('every amount with two decimals is read as its cents', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000_000_000 }), cents => {
      const text = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
      expect(toCents(JSON.parse(text))).toBe(cents)
    }),
  )
})

test.each([1.005, 0.001, 2599.981, 1299.99 * 3 + 1e-9, 1e300, Number.NaN])('%d is no amount in cents', amount => {
  expect(toCents(amount)).toBeUndefined()
})
