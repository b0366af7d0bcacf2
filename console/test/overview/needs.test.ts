import type { FailureGroup, SagaView } from 'makegood/operations/contract'
import { expect, test } from 'vitest'
import { type Known, needsOf } from '../../web/pages/overview/needs.ts'
import { at, began, figures, process } from '../saga/told-sagas.ts'

function group(over: Partial<FailureGroup>): FailureGroup {
  return {
    fingerprint: 'f1',
    kind: 'dead letter',
    what: 'payment.charge',
    code: null,
    step: null,
    says: 'Error: the bank answered 500',
    oldestAt: at(-3_600),
    newestAt: at(-60),
    examples: [],
    runbook: 'dead-letters',
    count: 3,
    more: false,
    ...over,
  }
}

function known(groups: readonly FailureGroup[], over: Partial<Known> = {}): Known {
  return {
    services: { services: [process('orders')], away: [] },
    failures: { services: [{ service: 'payments', url: 'http://payments', groups }], away: [] },
    turningBack: undefined,
    now: began,
    ...over,
  }
}

test('if nothing is wrong nothing needs anybody', () => {
  expect(needsOf(known([]))).toEqual([])
})

test('stuck sagas come before dead letters, and both before what is still tried', () => {
  const needs = needsOf(
    known([
      group({ fingerprint: 'f3', kind: 'parked message', count: 7 }),
      group({ fingerprint: 'f2' }),
      group({ fingerprint: 'f1', kind: 'stuck saga', what: 'checkout', code: 'SILENT', step: 'payment', count: 1 }),
    ]),
  )
  expect(needs.map(({ says, urgency }) => [urgency, says])).toEqual([
    ['now', '1 checkout is stuck at payment (SILENT)'],
    ['now', '3 dead letters at payments: payment.charge'],
    ['soon', '7 messages are tried again and again at payments: payment.charge'],
  ])
  expect(needs[0]!.href).toBe('/failures/payments/f1')
})

test('what was parked a moment ago needs nobody yet', () => {
  expect(needsOf(known([group({ kind: 'parked message', oldestAt: at(-60) })]))).toEqual([])
})

test('a service that is not ready says why', () => {
  const services = { services: [process('orders', { ready: false, reasons: ['the database is away'] })], away: [] }
  expect(needsOf(known([], { services }))).toMatchObject([
    { urgency: 'now', says: 'orders is not ready', because: 'It is not ready. the database is away' },
  ])
})

test('a broker that is away is one matter, and not that of those who cannot send', () => {
  const broker = { state: 'connecting', because: 'connection refused' } as const
  const outbox = { messages: 3, oldestMs: 60_000, error: 'not confirmed' }
  const orders = process('orders', { ready: false, broker, figures: { ...figures, outbox } })
  const services = {
    services: [orders, process('payments', { ready: false, broker })],
    away: [],
  }
  expect(needsOf(known([], { services }))).toMatchObject([
    {
      urgency: 'now',
      says: 'The broker does not answer orders and payments',
      because: 'Its broker is connecting: connection refused.',
      runbook: 'broker-away',
    },
  ])
})

test('a saga that has been compensating for long is named', () => {
  const saga = {
    definition: 'checkout',
    key: 'order-7',
    startedAt: at(-3_600),
    changedAt: at(-600),
    cause: { step: 'shipping', code: 'NO_CARRIER', details: null },
  } as SagaView
  const turningBack = {
    services: [{ service: 'orders', url: 'http://orders', sagas: [saga], next: null, searchedTo: null }],
    away: [],
  }
  expect(needsOf(known([], { turningBack }))).toMatchObject([
    { urgency: 'soon', because: 'NO_CARRIER at shipping', href: expect.stringContaining('status=compensating') },
  ])
})
