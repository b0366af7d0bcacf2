import { expect, test } from 'vitest'
import { answered, callBegun, handled, newCustody, replaced, stillHolds } from '../../src/engine/record.ts'

const envelope = { id: 'e', address: 'a', mandatory: true, headers: {}, body: '' }
const at = { now: 1_000, leaseMs: 20_000 }

test('a claim counts no more once the message was claimed again', () => {
  const first = callBegun(handled(1), newCustody(envelope), at)
  const again = callBegun(first, first.custody!, at)
  expect(stillHolds(first, first)).toBe(true)
  expect(stillHolds(first, again)).toBe(false)
})

test('a claim counts no more once a newer attempt has taken its place', () => {
  const claim = callBegun(handled(1), newCustody(envelope), at)
  expect(stillHolds(claim, replaced({ ...claim, attempt: 2 }, envelope))).toBe(false)
})

test('a claim counts no more once its message was answered', () => {
  const claim = callBegun(handled(1), newCustody(envelope), at)
  expect(stillHolds(claim, answered(claim, { failure: undefined, payload: null }))).toBe(false)
})

test('the result of a call from before a refusal is not recorded for the attempt after it, whose fences begin anew', () => {
  const claim = callBegun(handled(1), newCustody(envelope), at)
  const refused = answered(claim, { failure: 'REFUSED', payload: null })
  const newer = replaced({ ...refused, attempt: 2 }, envelope)
  const called = callBegun(newer, { ...newer.custody!, fence: 0 }, at)
  expect(called.custody?.fence).toBe(claim.custody?.fence)
  expect(stillHolds(claim, called)).toBe(false)
})

test('the key for a provider changes with a refusal, and with nothing else', () => {
  const record = callBegun(handled(1), newCustody(envelope), at)
  expect(replaced({ ...record, attempt: 2 }, envelope).refusals).toBe(0)
  expect(answered(record, { failure: 'REFUSED', payload: null }).refusals).toBe(1)
})
