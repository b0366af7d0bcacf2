import { expect, test } from 'vitest'
import { type FailureGroup, gistOf, isInGroup } from '../../src/operations/contract.ts'

test.each([
  ['refund 17 of 4 was refused', 'refund 9 of 12 was refused'],
  ['no row for 0b9f9f0e-6f31-7b44-9a43-7f1ad9d94a01', 'no row for 0b9f9f0e-6f31-7b44-9a43-7f1ad9d94a02'],
  ['the product "chair" is gone', 'the product "" is gone'],
  [`${'no '.repeat(200)} one`, `${'no '.repeat(200)} other`],
])('what differs in numbers, ids, quotes, or far behind is one failure: %s', (one, other) => {
  expect(gistOf(one)).toBe(gistOf(other))
})

test('what differs in words is another failure', () => {
  expect(gistOf('refund 17 was refused')).not.toBe(gistOf('refund 17 was lost'))
})

test('a stuck saga belongs to the group of its definition, code, step and words', () => {
  const group: FailureGroup = {
    fingerprint: 'f',
    kind: 'stuck saga',
    what: 'checkout',
    code: 'SILENT',
    step: 'payment',
    says: 'asked 9 times',
    oldestAt: '',
    newestAt: '',
    examples: [],
    runbook: 'stuck-silent',
    count: 1,
    more: false,
  }
  const trouble = { code: 'SILENT', step: 'payment', says: 'asked 10 times', runbook: 'stuck-silent' }
  const saga = { definition: 'checkout', trouble }
  expect(isInGroup(group, saga)).toBe(true)
  expect(isInGroup(group, { ...saga, trouble: null })).toBe(false)
  expect(isInGroup(group, { ...saga, definition: 'returns' })).toBe(false)
  expect(isInGroup(group, { ...saga, trouble: { ...trouble, step: 'shipping' } })).toBe(false)
  expect(isInGroup(group, { ...saga, trouble: { ...trouble, says: 'closed 10 times' } })).toBe(false)
})
