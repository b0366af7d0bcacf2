import type { SagaState } from 'makegood'
import { expect, test } from 'vitest'
import { offersOf } from '../../web/pages/saga/offers.ts'
import { began, sagaIn } from './told-sagas.ts'

const ask = { attempt: 1, asked: 1, firstSentAt: began, wakeAt: began }
const open = { payment: { forward: { state: 'open', ask } } } as const
const running: SagaState = { status: 'running', steps: open, deadlineAt: undefined, cause: undefined }
const cause = { step: 'shipping', code: 'NO_CARRIER', details: null }
const paid = { state: 'succeeded', reply: {}, firstSentAt: began } as const

test.each<[string, SagaState, readonly string[]]>([
  ['is running', running, ['retry', 'compensate', 'skip', 'resolve', 'abandon']],
  [
    'is being compensated',
    { status: 'compensating', cause, steps: { payment: { forward: paid, back: { state: 'open', ask } } } },
    ['retry', 'skip', 'resolve', 'abandon'],
  ],
  ['has completed', { status: 'completed', steps: {} }, ['compensate']],
  ['was compensated', { status: 'compensated', steps: {}, cause }, []],
  ['was abandoned', { status: 'abandoned', steps: {}, by: 'ada', reason: 'so' }, []],
  [
    'follows a choreography',
    { ...running, steps: { 'order.created in stock': { forward: { state: 'open', ask } } } },
    ['retry', 'abandon'],
  ],
])('a saga that %s is offered what can be done with it', (_, state, kinds) => {
  const possible = offersOf(sagaIn(state)).filter(({ unless }) => unless === null)
  expect(possible.map(({ kind }) => kind)).toEqual(kinds)
})

test('a step on its way back is resolved without a reply: nobody would read it', () => {
  const steps = { payment: { forward: paid, back: { state: 'open', ask } } } as const
  const resolve = (state: SagaState) => offersOf(sagaIn(state)).find(({ kind }) => kind === 'resolve')!
  expect(resolve({ status: 'compensating', cause, steps })).toMatchObject({ steps: ['payment'], takesReply: false })
  expect(resolve(running)).toMatchObject({ steps: ['payment'], takesReply: true })
})
