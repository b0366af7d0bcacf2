import fc from 'fast-check'
import { type Envelope, MakegoodError, type Message, type RetryPolicy } from 'makegood'
import { describe, expect, test } from 'vitest'
import { documentedWire, services } from '../wire.ts'

const wire = documentedWire('saga.events')
const sagaId = '0192f3a0-0000-7000-8000-000000000001'
const orderId = '0192f3a0-0000-7000-8000-000000000002'
const retry: RetryPolicy = { attempts: undefined, forMs: 86_400_000, firstDelayMs: 200, delayMsMax: 300_000 }

const frame = {
  id: '0192f3a0-0000-7000-8000-000000000003',
  sentAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  correlationId: sagaId,
  causationId: '0192f3a0-0000-7000-8000-000000000004',
  headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', order_id: orderId },
}

const commands = [
  ['payment.process', 'payment', 'forward', services.payments, 'payment.processed', 'payment.failed'],
  ['payment.refund', 'payment', 'compensation', services.payments, 'payment.refunded', 'payment.refund.failed'],
  ['inventory.reserve', 'inventory', 'forward', services.inventory, 'inventory.reserved', 'inventory.failed'],
  [
    'inventory.release',
    'inventory',
    'compensation',
    services.inventory,
    'inventory.released',
    'inventory.release.failed',
  ],
  ['shipping.create', 'shipping', 'forward', services.shipping, 'shipping.created', 'shipping.failed'],
  ['shipping.cancel', 'shipping', 'compensation', services.shipping, 'shipping.cancelled', 'shipping.cancel.failed'],
  ['notification.send', 'notification', 'forward', services.notifications, 'notification.sent', 'notification.failed'],
] as const

describe.each(commands)('%s', (type, step, direction, service, succeeded, failed) => {
  const command: Message = {
    ...frame,
    kind: 'command',
    type,
    source: services.orchestrator,
    payload: { order_id: orderId, reason: 'because' },
    sagaId,
    step,
    direction,
    attempt: 3,
    firstSentAt: frame.sentAt - 1_000,
    stepFirstSentAt: frame.sentAt - 2_000,
    stepSucceeded: direction === 'compensation',
    retry,
  }
  const reply: Message = {
    ...frame,
    kind: 'reply',
    type,
    source: service,
    payload: { order_id: orderId },
    sagaId,
    step,
    direction,
    attempt: 3,
    failure: undefined,
  }
  const failure: Message = { ...reply, payload: { reason: 'no' }, failure: 'INSUFFICIENT_FUNDS' }

  test('goes out and comes back the same', () => {
    for (const message of [command, reply, failure]) expect(wire.decode(wire.encode(message))).toEqual(message)
  })

  test('has the documented routing keys, and the queues of its readers take them', () => {
    expect(wire.encode(command).address).toBe(`saga.saga-orchestrator.${type}`)
    expect(wire.encode(reply).address).toBe(`saga.${service}.${succeeded}`)
    expect(wire.encode(failure).address).toBe(`saga.${service}.${failed}`)
    expect(wire.queueOf(service)?.bindings).toContain(`saga.saga-orchestrator.${type}`)
    expect(wire.queueOf(services.orchestrator)?.bindings).toEqual(
      expect.arrayContaining([`saga.${service}.${succeeded}`, `saga.${service}.${failed}`]),
    )
  })

  test('an answer that says nothing comes back saying nothing', () => {
    const silent: Message = { ...reply, payload: undefined }
    expect(wire.decode(wire.encode(silent))).toEqual(silent)
  })

  test('a failure of the engine travels under the documented name, with a reason', () => {
    const dead: Message = { ...reply, payload: { error: 'no such column' }, failure: 'UNPROCESSABLE' }
    const envelope = wire.encode(dead)
    expect(JSON.parse(envelope.body)).toMatchObject({ event_type: failed, payload: { reason: expect.any(String) } })
    expect(wire.decode(envelope)).toMatchObject({ failure: 'UNPROCESSABLE', payload: { error: 'no such column' } })
  })

  test('is read without any header of ours', () => {
    expect(wire.decode(foreign({ event_type: type, service: services.orchestrator }))).toMatchObject({
      kind: 'command',
      type,
      step,
      direction,
      attempt: 1,
      sagaId,
      headers: { order_id: orderId },
    })
    expect(wire.decode(foreign({ event_type: failed, service }))).toMatchObject({
      kind: 'reply',
      type,
      step,
      direction,
      attempt: undefined,
      failure: 'REFUSED',
    })
  })
})

describe.each([
  ['order.created', services.orders, services.orchestrator],
  ['order.completed', services.orchestrator, services.orders],
  ['order.cancelled', services.orchestrator, services.orders],
] as const)('%s', (type, source, reader) => {
  const event: Message = { ...frame, kind: 'event', type, source, payload: { order_id: orderId }, sagaId }

  test('goes out and comes back the same, to the queue of its reader', () => {
    const envelope = wire.encode(event)
    expect(wire.decode(envelope)).toEqual(event)
    expect(envelope.address).toBe(`saga.${source}.${type}`)
    expect(wire.queueOf(reader)?.bindings).toContain(envelope.address)
  })
})

test('the envelope is the documented one', () => {
  const payload = { order: { id: orderId } }
  const { order_id: _, ...headers } = frame.headers
  const envelope = wire.encode({
    ...frame,
    headers,
    kind: 'event',
    type: 'order.created',
    source: services.orders,
    payload,
    sagaId,
  })
  expect(JSON.parse(envelope.body)).toEqual({
    id: frame.id,
    saga_id: sagaId,
    order_id: orderId,
    event_type: 'order.created',
    payload,
    timestamp: '2026-01-02T03:04:05.678Z',
    service: 'order-service',
    correlation_id: sagaId,
  })
  expect(envelope).toMatchObject({
    id: frame.id,
    mandatory: true,
    headers: {
      saga_id: sagaId,
      order_id: orderId,
      correlation_id: sagaId,
      service: 'order-service',
      event_type: 'order.created',
    },
  })
})

test('every queue has the documented name and a place for its dead letters', () => {
  expect(wire.topology.queues.map(({ name, deadLetters }) => [name, deadLetters])).toEqual(
    [
      'order-service',
      'payment-service',
      'inventory-service',
      'shipping-service',
      'notification-service',
      'saga-orchestrator',
    ].map(service => [`${service}-queue`, `${service}-queue.dead-letter`]),
  )
})

test("a compensation that leaves the order to the envelope, as the page's do, is given it", () => {
  const refund = foreign({ event_type: 'payment.refund', payload: { payment_id: orderId, reason: 'no stock' } })
  expect(wire.decode(refund).payload).toEqual({ order_id: orderId, payment_id: orderId, reason: 'no stock' })
})

describe('what cannot be read says which part of it is wrong', () => {
  test.each([
    ['no JSON', { body: '{' }, 'not JSON'],
    ['no object', { body: '[]' }, 'not a JSON object'],
    ['no saga id', bodyWith({ saga_id: undefined }), 'saga_id is missing'],
    ['a saga id that is none', bodyWith({ saga_id: 'seven' }), 'saga_id is not a UUID'],
    ['an order id that is a number', bodyWith({ order_id: 7 }), 'order_id is not a text'],
    ['an unknown type', bodyWith({ event_type: 'payment.guess' }), 'payment.guess'],
    ['no payload', bodyWith({ payload: undefined }), 'payload is missing'],
    ['no time', bodyWith({ timestamp: 'yesterday' }), 'timestamp is not a time'],
    ['a NUL in a text', bodyWith({ payload: { reason: 'a\0b' } }), 'payload.reason'],
    ['half a surrogate pair', bodyWith({ payload: { items: ['\ud83d'] } }), 'payload.items[0]'],
    ['an attempt that is no number', { ...bodyWith({}), headers: { 'makegood-attempt': '-1' } }, 'makegood-attempt'],
    ['an unknown direction', { ...bodyWith({}), headers: { 'makegood-direction': 'up' } }, 'makegood-direction'],
    ['a spoiled retry policy', { ...bodyWith({}), headers: { 'makegood-retry': '{"forMs":"x"}' } }, 'makegood-retry'],
  ])('%s', (_name, spoiled, says) => {
    const envelope = { ...foreign({}), ...spoiled }
    expect(() => wire.decode(envelope)).toThrow(
      expect.objectContaining({ code: 'MESSAGE_UNREADABLE', message: expect.stringContaining(says) }),
    )
  })

  test('whatever comes is read or is unreadable, never another error', () => {
    const good = JSON.parse(foreign({}).body) as Record<string, unknown>
    const spoiledBody = fc
      .tuple(fc.constantFrom(...Object.keys(good)), fc.jsonValue())
      .map(([name, value]) => JSON.stringify({ ...good, [name]: value }))
    const headers = fc.dictionary(
      fc.constantFrom(
        'makegood-step',
        'makegood-direction',
        'makegood-attempt',
        'makegood-retry',
        'makegood-failure',
        'x-other',
      ),
      fc.oneof(fc.string(), fc.json()),
    )
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), spoiledBody), headers, (body, headers) => {
        try {
          expect(wire.decode({ ...foreign({}), body, headers }).id).toEqual(expect.any(String))
        } catch (error) {
          expect(error).toBeInstanceOf(MakegoodError)
          expect(error).toHaveProperty('code', 'MESSAGE_UNREADABLE')
        }
      }),
      { numRuns: 500 },
    )
  })
})

/** A message of somebody who knows the documentation and nothing of makegood. */
function foreign(fields: Record<string, unknown>): Envelope {
  const headers = { order_id: orderId, saga_id: sagaId }
  return { id: 'abc', address: 'saga.x', mandatory: false, headers, ...bodyWith(fields) }
}

function bodyWith(fields: Record<string, unknown>): { body: string } {
  return {
    body: JSON.stringify({
      id: 'abc',
      saga_id: sagaId,
      order_id: orderId,
      event_type: 'payment.process',
      payload: { order_id: orderId },
      timestamp: '2026-01-02T03:04:05Z',
      service: 'saga-orchestrator',
      correlation_id: 'random',
      ...fields,
    }),
  }
}
