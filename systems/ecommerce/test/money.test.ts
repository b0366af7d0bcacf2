import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toCents } from '../../runner/cents.ts'
import { centsMax, fromCents } from '../money.ts'

test('every amount that the tables hold comes in as it went out', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: centsMax }), cents => {
      expect(toCents(fromCents(cents))).toBe(cents)
    }),
  )
})

test('1299.99 twice is 2599.98', () => {
  expect(fromCents(toCents(1299.99)! * 2)).toBe(2599.98)
})
