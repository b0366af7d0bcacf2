import type { SagaState } from 'makegood'
import { expect, test } from 'vitest'
import { storyOf } from '../../web/pages/saga/story.ts'
import { at, began, figures, ordering, process, received, sagaIn, seen } from './told-sagas.ts'

const paid = { forward: { state: 'succeeded', reply: { payment_id: 'p-1' }, firstSentAt: began } } as const
const refused = { state: 'failed', code: 'NO_CARRIER', details: { reason: 'Nobody drives there' } } as const
const cause = { step: 'shipping', code: 'NO_CARRIER', details: { reason: 'Nobody drives there' } }
const ask = { attempt: 1, asked: 1, firstSentAt: began, wakeAt: began + 3_600_000 }

test('a cancelled order says who refused what and why, what was undone, and that nothing is left to do', () => {
  const state: SagaState = {
    status: 'compensated',
    steps: { payment: { ...paid, back: { state: 'done' } }, shipping: { forward: refused } },
    cause,
  }
  expect(storyOf(seen(sagaIn(state, { cause, endedAt: at(7) })))).toEqual({
    tone: 'turned back',
    says: 'It was cancelled, and what it had done was made good, 7.0 s after it began.',
    because: ['shipping-service refused the step shipping with NO_CARRIER: “Nobody drives there”.', 'Undone: payment.'],
    todo: [{ says: 'Nothing is left to do: it has ended.' }],
  })
})

test.each([
  ['REQUESTED', { by: 'ada', reason: 'The customer sent it back' }, 'ada asked for it: “The customer sent it back”.'],
  ['DEADLINE_PASSED', { deadlineMs: 3_600_000 }, 'shipping-service gave no answer to the step shipping within 1 h.'],
  [
    'UNPROCESSABLE',
    { error: 'boom' },
    'shipping-service could not carry out the step shipping: its message is a dead letter there: “boom”.',
  ],
])('a saga that turned back because of %s says so in plain words', (code, details, says) => {
  const because = { step: code === 'REQUESTED' ? 'operator' : 'shipping', code, details }
  const state: SagaState = { status: 'compensated', steps: {}, cause: because }
  expect(storyOf(seen(sagaIn(state, { cause: because }))).because[0]).toBe(says)
})

test('a saga that is stuck on a dead letter quotes the participant, and leads to the letter', () => {
  const state: SagaState = {
    status: 'stuck',
    was: {
      status: 'compensating',
      steps: { payment: { ...paid, back: { state: 'open', ask } }, shipping: { forward: refused } },
      cause,
    },
    trouble: { code: 'UNPROCESSABLE', step: 'payment', says: 'Its message is a dead letter at the participant.' },
    undecided: undefined,
  }
  const trouble = {
    code: 'UNPROCESSABLE',
    step: 'payment',
    says: 'Its message is a dead letter at the participant.',
    runbook: 'stuck-unprocessable',
  }
  const letter = received({
    identity: 'command/refund',
    type: 'payment.refund',
    state: 'dead',
    error: 'Error: the bank answered 500',
  })
  const story = storyOf(seen(sagaIn(state, { trouble, messages: [letter] })))
  expect(story.tone).toBe('needs you')
  expect(story.says).toBe(
    'It is stuck at the step payment, while it was being made good: nothing but a person can take it on.',
  )
  expect(story.because).toContain('It is a dead letter at payment-service: “Error: the bank answered 500”.')
  expect(story.because).toContain('shipping-service refused the step shipping with NO_CARRIER: “Nobody drives there”.')
  expect(story.because).toContain('Still to be undone: payment.')
  expect(story.todo[0]!.link).toEqual({
    says: 'This dead letter',
    href: '/dead-letters/letter?service=payment-service&identity=command%2Frefund',
  })
})

test('of what is still in the outbox it is not said that somebody was asked for it', () => {
  const state: SagaState = {
    status: 'running',
    steps: { payment: { forward: { state: 'open', ask } } },
    deadlineAt: undefined,
    cause: undefined,
  }
  const outbox = { messages: 3, oldestMs: 59_000, error: 'The broker did not confirm it.' }
  const services = [process('payment-service'), process('orchestrator', { figures: { ...figures, outbox } })]
  expect(storyOf(seen(sagaIn(state), { services })).because[0]).toBe(
    'payment-service may not have been asked for payment yet: 3 messages are still in the outbox of orchestrator.',
  )
  const arrived = sagaIn(state, { messages: [received({ state: 'parked', tries: 2, error: 'busy' })] })
  expect(storyOf(seen(arrived, { services })).because[0]).toBe('payment-service was asked for payment 1 min ago.')
})

test('a saga that waits says for whom and since when, and that they are not ready', () => {
  const state: SagaState = {
    status: 'running',
    steps: { payment: { forward: { state: 'open', ask } } },
    deadlineAt: undefined,
    cause: undefined,
  }
  const services = [process('payment-service', { ready: false, reasons: ['the database is away'] })]
  const story = storyOf(seen(sagaIn(state), { seconds: 125, services }))
  expect(story.says).toBe('It is under way: it waits for payment.')
  expect(story.because).toEqual([
    'payment-service was asked for payment 2 min 5 s ago.',
    'payment-service is not ready: the database is away.',
    expect.stringMatching(/^Without an answer in .+ it turns back, and what it has done is made good\.$/),
  ])
  expect(story.todo[0]!.says).toBe('Look after payment-service; the saga goes on by itself when it answers.')
})

test('a message that is parked at the participant says what fails there and when it is tried again', () => {
  const state: SagaState = {
    status: 'running',
    steps: { payment: { forward: { state: 'open', ask } } },
    deadlineAt: undefined,
    cause: undefined,
  }
  const parked = received({ state: 'parked', error: 'Error: no connection to the bank', tries: 3, dueAt: at(90) })
  const { because } = storyOf(seen(sagaIn(state, { messages: [parked] })))
  expect(because[1]).toContain(
    'payment-service has it, and has failed at it 3 times: “Error: no connection to the bank”. It is tried again in 30 s',
  )
})

test('a refused compensation says with what, and when it is sent again', () => {
  const state: SagaState = {
    status: 'compensating',
    steps: {
      payment: { ...paid, back: { state: 'pausing', ask: { ...ask, attempt: 3, wakeAt: began + 70_000 } } },
      shipping: { forward: refused },
    },
    cause,
  }
  const journal = [
    {
      at: at(50),
      kind: 'compensation failed',
      step: 'payment',
      detail: { code: 'REFUND_NOT_ALLOWED', details: { reason: 'Not today' } },
    },
  ]
  const { says, because } = storyOf(seen(sagaIn(state, { cause, journal })))
  expect(says).toBe('It turned back and is being made good: it waits for the undoing of payment.')
  expect(because.at(-1)).toContain(
    'payment-service refused the undoing of payment with REFUND_NOT_ALLOWED: “Not today”. Attempt 3 is sent in 10 s',
  )
})

test('an abandoned saga says by whom, and what was left standing', () => {
  const state: SagaState = { status: 'abandoned', steps: { payment: paid }, by: 'ada', reason: 'Settled by hand' }
  const story = storyOf(seen(sagaIn(state, { endedAt: at(60) })))
  expect(story.says).toBe('ada gave it up: “Settled by hand”.')
  expect(story.because).toContain('Not undone: payment.')
})

test('an abandoned saga says what was asked for and may have been done since', () => {
  const steps = { payment: paid, shipping: { forward: { state: 'open', ask } } } as const
  const state: SagaState = { status: 'abandoned', steps, by: 'ada', reason: 'Settled by hand' }
  const { because } = storyOf(seen(sagaIn(state, { endedAt: at(60) })))
  expect(because).toContain('Asked for, and not answered then: shipping. It may have been done since.')
})

test('a saga of which a compensation was left out says so, and does not call it undone', () => {
  const state: SagaState = {
    status: 'compensated',
    steps: { payment: { ...paid, back: { state: 'done' } }, shipping: { forward: refused } },
    cause,
  }
  const journal = [{ at: at(50), kind: 'compensation skipped', step: 'payment', detail: null }]
  const { because, todo } = storyOf(seen(sagaIn(state, { cause, journal, endedAt: at(60) })))
  expect(because).toContain('Not undone, a person left it out: payment.')
  expect(because.join()).not.toContain('Undone: payment')
  expect(todo[0]!.says).toContain('payment was undone by hand')
})

test('of a saga that ended, a dead letter that was left says where it is, and that it still asks for somebody', () => {
  const state: SagaState = { status: 'compensated', steps: {}, cause }
  const messages = [received({ identity: 'command/refund', state: 'dead' }), received({ state: 'handled' })]
  expect(storyOf(seen(sagaIn(state, { endedAt: at(7), messages }))).todo).toEqual([
    {
      says: 'payment-service still has a dead letter of it: discard it if it is settled, or redrive it if it must be done all the same.',
      link: {
        says: 'This dead letter',
        href: '/dead-letters/letter?service=payment-service&identity=command%2Frefund',
      },
    },
  ])
})

test('a participant that nobody knows is spoken of at the beginning of a sentence', () => {
  const state: SagaState = {
    status: 'compensated',
    steps: { mail: { forward: refused } },
    cause: { ...cause, step: 'mail' },
  }
  const { because } = storyOf(seen(sagaIn(state, { cause: { ...cause, step: 'mail' } }), { definition: undefined }))
  expect(because[0]).toMatch(/^Its participant refused the step mail/)
})

test('a choreographed order that was cancelled says which service said no to what', () => {
  const because = { step: 'order.created in stock-service', code: 'stock.refused', details: null }
  const state: SagaState = { status: 'compensated', steps: {}, cause: because }
  const story = storyOf(seen(sagaIn(state, { cause: because }), { definition: ordering }))
  expect(story.because[0]).toBe('stock-service answered order.created with stock.refused.')
})

test('a choreographed order that waits says which service has not reacted to what', () => {
  const state: SagaState = {
    status: 'running',
    steps: {
      'order.created': { forward: { state: 'succeeded', reply: { messageId: 'm-1' }, firstSentAt: began } },
      'order.created in stock-service': { forward: { state: 'open', ask } },
    },
    deadlineAt: undefined,
    cause: undefined,
  }
  expect(storyOf(seen(sagaIn(state), { definition: ordering })).says).toBe(
    'It is under way: it waits for stock-service to react to order.created.',
  )
})
