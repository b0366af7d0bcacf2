import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { wakeAtOf } from '../../src/engine/decide.ts'
import { follow, notFollowed, reactionName } from '../../src/engine/follow.ts'
import type { Event, Request, SagaState } from '../../src/makegood.ts'
import {
  ordering,
  orderPlaced,
  paymentDenied,
  paymentTaken,
  stockLacking,
  stockReserved,
  stockReturned,
} from './ordering.ts'

const hourMs = 3_600_000
const whole = ordering()

/** The state after events that were told at the times given, or a millisecond after each other. */
function after(events: readonly Event[], from: SagaState = notFollowed, choreography = whole): SagaState {
  return events.reduce(
    (state, { type }, at) => follow(choreography, state, { kind: 'told', type, messageId: `m-${type}` }, at).state,
    from,
  )
}

function at(ms: number, state: SagaState, choreography = whole) {
  return follow(choreography, state, { kind: 'time' }, ms)
}

function asked(kind: Request['action']['kind'], state: SagaState, ms = 0) {
  const request = { action: { kind, step: 'any', reply: null } as Request['action'], by: 'ann', reason: 'why' }
  return follow(whole, state, { kind: 'request', ...request }, ms)
}

describe('an instance', () => {
  test('is running from the first event, and waits for what that leads to', () => {
    const state = after([orderPlaced])
    expect(state).toMatchObject({
      status: 'running',
      steps: {
        'order.placed': { forward: { state: 'succeeded', reply: { messageId: 'm-order.placed' } } },
        'order.placed in stock': { forward: { state: 'open' } },
      },
    })
    expect(wakeAtOf(state)).toBe(hourMs)
  })

  test('waits for nothing from a reader that answers nothing', () => {
    expect(after([orderPlaced])).not.toHaveProperty(['steps', 'order.placed in notifications'])
  })

  test.each([
    ['completed', [orderPlaced, stockReserved, paymentTaken]],
    ['compensated', [orderPlaced, stockLacking]],
    ['compensated', [orderPlaced, stockReserved, paymentDenied, stockReturned]],
  ] as const)('has %s with an end, in whatever order the events are told', (status, events) => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...events], { minLength: events.length }), shuffled => {
        expect(after(shuffled)).toMatchObject({ status })
        for (const told of shuffled.keys()) expect(after(shuffled.slice(0, told)).status).toBe('running')
      }),
    )
  })

  test('that is compensated says which event made it so, and in which reaction', () => {
    const { cause } = after([orderPlaced, stockReserved, paymentDenied, stockReturned]) as { cause?: unknown }
    expect(cause).toEqual({ step: 'payment.denied in stock', code: 'stock.returned', details: null })
  })

  test('that has ended stays as it is, whatever is told or asked', () => {
    const ended = after([orderPlaced, stockLacking])
    expect(after([stockReserved], ended)).toBe(ended)
    expect(at(10 * hourMs, ended).state).toBe(ended)
    expect(asked('abandon', ended)).toMatchObject({ state: ended, refused: 'It is compensated.' })
  })

  test('keeps a line in its journal for each event, and for its end', () => {
    const told = follow(whole, after([orderPlaced]), { kind: 'told', type: 'stock.lacking', messageId: 'm-2' }, 1)
    expect(told.journal).toEqual([
      { kind: 'event', step: 'stock.lacking', detail: { messageId: 'm-2' } },
      { kind: 'compensated', step: undefined, detail: undefined },
    ])
  })

  test('sends nothing', () => {
    expect(at(10 * hourMs, after([orderPlaced]))).toMatchObject({ send: [], publish: [] })
  })
})

describe('an instance that stops on its way', () => {
  test('is stuck when a reaction is silent for too long, and names the events that it waits for', () => {
    expect(at(hourMs, after([orderPlaced, stockReserved])).state).toMatchObject({ status: 'running' })
    expect(at(hourMs + 1, after([orderPlaced, stockReserved])).state).toMatchObject({
      status: 'stuck',
      trouble: {
        code: 'SILENT',
        step: 'stock.reserved in payment',
        says: 'payment has not answered stock.reserved with payment.taken or payment.denied since 1970-01-01T00:00:00.001Z.',
      },
    })
  })

  test('goes on by itself when the event comes after all', () => {
    const stuck = at(2 * hourMs, after([orderPlaced, stockReserved])).state
    expect(after([paymentDenied], stuck)).toMatchObject({ status: 'running' })
    expect(after([paymentTaken], stuck)).toMatchObject({ status: 'completed' })
  })

  test('stays stuck while other events come', () => {
    const stuck = at(2 * hourMs, after([orderPlaced, stockReserved])).state
    const other = after([stockReturned], stuck)
    expect(other).toMatchObject({ status: 'stuck', trouble: { step: 'stock.reserved in payment' } })
    expect(after([paymentDenied], other)).toMatchObject({ status: 'compensated' })
  })

  test('is stuck when all of it takes too long, and waits for no time after that', () => {
    const short = ordering({ whole: 1_000 })
    const state = after([orderPlaced], notFollowed, short)
    expect(wakeAtOf(state)).toBe(1_000)
    const stuck = at(1_000, state, short).state
    expect(stuck).toMatchObject({
      status: 'stuck',
      trouble: {
        code: 'DEADLINE_PASSED',
        says: 'It has not ended in 1000 ms: stock has not answered order.placed with stock.reserved or stock.lacking.',
      },
    })
    expect(after([stockReserved], stuck, short)).toMatchObject({ status: 'running', deadlineAt: undefined })
  })

  test('is waited for once more when a person asks for it, and given up when a person says so', () => {
    const stuck = at(2 * hourMs, after([orderPlaced])).state
    const again = asked('retry', stuck, 2 * hourMs).state
    expect(again).toMatchObject({ status: 'running' })
    expect(wakeAtOf(again)).toBe(3 * hourMs)
    expect(asked('abandon', stuck).state).toMatchObject({ status: 'abandoned', by: 'ann', reason: 'why' })
  })

  test.each(['compensate', 'skip', 'resolve'] as const)('cannot be asked to %s: nobody leads it', kind => {
    const state = after([orderPlaced])
    expect(asked(kind, state)).toMatchObject({ state, refused: expect.stringContaining('Nobody leads') })
  })
})

test('a reaction is named after its event and its service', () => {
  expect(whole.leads.map(reactionName)).toContain('payment.denied in stock')
})
