import fc from 'fast-check'
import { type Envelope, MakegoodError, type Message } from 'makegood'
import { describe, expect, test } from 'vitest'
import { documentedWire, events, services } from '../wire.ts'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const payload = {
  ...{ order_id: 17, customer_id: 1, product_id: 2, quantity: 3, total_price: 4.5, status: 'pending' },
  created_at: '2026-01-02T03:04:05.678901+00:00',
}

test('exchange, routing keys and queues have the documented names, and each queue a place for its dead letters', () => {
  expect(documentedWire.topology).toEqual({
    exchange: 'EVENT',
    queues: [
      ['order_payment_queue', 'order.created', services.customers],
      ['order_fulfillment_queue', 'order.fulfilled', services.orders],
      ['order_rejection_queue', 'order.rejected', services.rejections],
    ].map(([name, key, service]) => ({ name, service, bindings: [key], deadLetters: `${name}.dead-letter` })),
  })
})

describe.each(events)('$type', ({ type, from }) => {
  const message: Message = {
    ...{ kind: 'event', id: '0192f3a0-0000-7000-8000-000000000003', type, source: from, payload, sagaId: undefined },
    ...{ sentAt: Date.now(), correlationId: 'some', causationId: undefined },
    headers: { traceparent, tenant: 'one' },
  }

  test('goes out as the payload alone, under its routing key', () => {
    expect(documentedWire.encode(message)).toEqual({
      id: message.id,
      address: type,
      mandatory: true,
      headers: { traceparent },
      body: JSON.stringify(payload),
    })
  })

  test('is known by routing key and order, whoever sends it and under whatever id', () => {
    const read = documentedWire.decode(documentedWire.encode(message))
    expect(read).toMatchObject({ id: `${type}/17`, source: from, correlationId: 'order/17', headers: { traceparent } })
    expect(documentedWire.decode(foreign({ address: type }))).toEqual({ ...read, headers: {} })
  })
})

describe('what cannot be read says what is wrong with it', () => {
  test.each<[string, Partial<Envelope>, string]>([
    ['no JSON', { body: '{' }, 'not JSON'],
    ['no object', { body: '7' }, 'order_id'],
    ['no order', { body: '{}' }, 'order_id'],
    ['half an order', { body: '{"order_id": 1.5}' }, 'order_id'],
    ['an unknown routing key', { address: 'order.lost' }, 'order.lost'],
    ['no text', { headers: { 'makegood-unreadable': 'The body is not UTF-8.' } }, 'not UTF-8'],
  ])('%s', (_name, spoiled, says) => {
    expect(() => documentedWire.decode(foreign(spoiled))).toThrow(
      expect.objectContaining({ code: 'MESSAGE_UNREADABLE', message: expect.stringContaining(says) }),
    )
  })

  test('whatever comes is read or is unreadable, never another error', () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ order_id: fc.jsonValue(), created_at: fc.jsonValue() }).map(value => JSON.stringify(value)),
    )
    const headers = fc.dictionary(fc.constantFrom('traceparent', 'x'), fc.string())
    fc.assert(
      fc.property(body, headers, (body, headers) => {
        try {
          expect(documentedWire.decode(foreign({ body, headers })).id).toMatch(/^order\.created\/-?\d+$/)
        } catch (error) {
          expect(error).toBeInstanceOf(MakegoodError)
          expect(error).toHaveProperty('code', 'MESSAGE_UNREADABLE')
        }
      }),
    )
  })
})

/** A message of somebody who knows the documentation and nothing of makegood. */
function foreign(fields: Partial<Envelope>): Envelope {
  return {
    id: 'abc',
    address: 'order.created',
    mandatory: false,
    headers: {},
    body: JSON.stringify(payload),
    ...fields,
  }
}
