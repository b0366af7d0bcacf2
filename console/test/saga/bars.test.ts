import type { SagaState } from 'makegood'
import { expect, test } from 'vitest'
import { barsOf } from '../../web/pages/saga/bars.ts'
import { at, began, sagaIn } from './told-sagas.ts'

function line(seconds: number, kind: string, step: string | null = null) {
  return { at: at(seconds), kind, step, detail: null }
}

const running: SagaState = { status: 'running', steps: {}, deadlineAt: undefined, cause: undefined }

test('a step takes from when it was first asked for to its last answer; what is open takes until now', () => {
  const journal = [
    line(0, 'step sent', 'payment'),
    line(1, 'step failed', 'payment'),
    line(3, 'step sent', 'payment'),
    line(5, 'step succeeded', 'payment'),
    line(5, 'step sent', 'shipping'),
    line(6, 'step failed', 'shipping'),
    line(6, 'compensating'),
    line(6, 'compensation sent', 'payment'),
    line(7, 'compensation failed', 'payment'),
  ]
  expect(barsOf(sagaIn(running, { journal }), began + 20_000)).toEqual([
    { step: 'payment', side: 'forward', from: began, to: began + 5_000, tone: 'good' },
    { step: 'shipping', side: 'forward', from: began + 5_000, to: began + 6_000, tone: 'bad' },
    { step: 'payment', side: 'compensation', from: began + 6_000, to: began + 20_000, tone: 'open' },
  ])
})

test('a reaction takes from the event to the first that it led to', () => {
  const steps = {
    'order.created in stock': {
      forward: { state: 'succeeded', reply: { events: ['stock.reserved'] }, firstSentAt: began },
    },
    'stock.reserved in payment': {
      forward: { state: 'open', ask: { attempt: 1, asked: 1, firstSentAt: began, wakeAt: began } },
    },
  } as const
  const journal = [line(0, 'event', 'order.created'), line(2, 'event', 'stock.reserved')]
  expect(barsOf(sagaIn({ ...running, steps }, { journal }), began + 9_000)).toEqual([
    { step: 'order.created in stock', side: 'forward', from: began, to: began + 2_000, tone: 'good' },
    { step: 'stock.reserved in payment', side: 'forward', from: began + 2_000, to: began + 9_000, tone: 'open' },
  ])
})
