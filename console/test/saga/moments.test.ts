import type { SagaState } from 'makegood'
import { expect, test } from 'vitest'
import { momentsOf } from '../../web/pages/saga/moments.ts'
import { at, received, sagaIn, seen } from './told-sagas.ts'

const running: SagaState = { status: 'running', steps: {}, deadlineAt: undefined, cause: undefined }

test('what a saga decided and what services received stand in the order of time, each where it happened', () => {
  const journal = [
    { at: at(0), kind: 'step sent', step: 'payment', detail: { attempt: 1 } },
    { at: at(2), kind: 'step failed', step: 'payment', detail: { code: 'NO_FUNDS', details: { reason: 'Empty' } } },
  ]
  const messages = [received({ receivedAt: at(1), state: 'failed', answer: { failure: 'NO_FUNDS', payload: {} } })]
  const moments = momentsOf(seen(sagaIn(running, { journal, messages })))
  expect(moments.map(({ service, says }) => [service, says])).toEqual([
    ['orchestrator', 'Asks payment-service for payment'],
    ['payment-service', 'payment-service received payment.charge and refused it with NO_FUNDS'],
    ['orchestrator', 'payment-service refused payment (NO_FUNDS): “Empty”'],
  ])
})

test('an answer that a step of the saga tells of already is an echo', () => {
  const messages = [
    received({ service: 'orchestrator', kind: 'reply', state: 'handled' }),
    received({ service: 'orchestrator', kind: 'reply', state: 'parked', error: 'boom', tries: 1 }),
  ]
  const moments = momentsOf(seen(sagaIn(running, { messages })))
  expect(moments.map(({ isEcho }) => isEcho)).toEqual([true, false])
})

test('a kind of entry that a newer service writes is shown by its name', () => {
  const journal = [{ at: at(0), kind: 'dreamt', step: 'payment', detail: null }]
  expect(momentsOf(seen(sagaIn(running, { journal })))[0]!.says).toBe('dreamt: payment')
})
