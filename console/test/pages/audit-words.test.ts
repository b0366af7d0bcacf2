import { expect, test } from 'vitest'
import { nameOf, saysOf } from '../../web/pages/audit/words.ts'

const skipped = {
  action: 'skip',
  detail: { definition: 'checkout', key: 'order-7', step: 'payment', from: 'stuck', to: 'compensating' },
}

test('the audit says what was done to which step, and what came of it', () => {
  expect(saysOf(skipped)).toBe('skip payment: stuck → compensating')
  expect(saysOf({ action: 'retry', detail: { from: 'running', to: 'running' } })).toBe('retry: still running')
  expect(saysOf({ action: 'reveal', detail: null })).toBe('reveal')
})

test('what was acted on is called as people call it', () => {
  expect(nameOf(skipped)).toBe('checkout order-7')
  expect(nameOf({ action: 'discard', detail: { type: 'payment.refund', sagaId: 's' } })).toBe('payment.refund')
  expect(nameOf({ action: 'reveal', detail: null })).toBeNull()
})
