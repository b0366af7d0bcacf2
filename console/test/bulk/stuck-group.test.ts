import type { FailureGroup } from 'makegood/operations/contract'
import { expect, test } from 'vitest'
import { isOf, saysTheSame } from '../../web/parts/bulk/stuck-group.ts'

test.each([
  ['refund 17 of 4 was refused', 'refund 9 of 12 was refused'],
  ['no row for 0b9f9f0e-6f31-7b44-9a43-7f1ad9d94a01', 'no row for 0b9f9f0e-6f31-7b44-9a43-7f1ad9d94a02'],
  ['the product "chair" is gone', 'the product "" is gone'],
])('what differs in numbers, ids and quotes is one failure: %s', (one, other) => {
  expect(saysTheSame(one, other)).toBe(true)
})

test('what differs in words is another failure', () => {
  expect(saysTheSame('refund 17 was refused', 'refund 17 was lost')).toBe(false)
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
  expect(isOf(group, saga)).toBe(true)
  expect(isOf(group, { ...saga, trouble: null })).toBe(false)
  expect(isOf(group, { ...saga, definition: 'returns' })).toBe(false)
  expect(isOf(group, { ...saga, trouble: { ...trouble, step: 'shipping' } })).toBe(false)
  expect(isOf(group, { ...saga, trouble: { ...trouble, says: 'closed 10 times' } })).toBe(false)
})
