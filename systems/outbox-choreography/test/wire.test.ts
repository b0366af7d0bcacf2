import fc from 'fast-check'
import { type Envelope, type EventMessage, MakegoodError } from 'makegood'
import { describe, expect, test } from 'vitest'
import { orderStatuses, orderToPayment, orderToStock, paymentToOrder, stockToOrder } from '../messages.ts'
import { documentedWire as wire } from '../wire.ts'

const order = {
  amount: '12.50',
  customer_id: '7',
  order_id: 17,
  product_id: '1',
  quantity: 2,
  status: 'created',
}

const frame = {
  kind: 'event',
  id: '0192f3a0-0000-7000-8000-000000000003',
  sentAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  correlationId: 'request-1',
  causationId: 'order.v1/17/reserved',
  headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  sagaId: undefined,
} as const

test('there are three queues, bound to the routing keys of their names, and their dead letters', () => {
  expect(wire.topology).toEqual({
    exchange: 'saga',
    queues: ['order', 'stock', 'payment'].map(service => ({
      name: `${service}.v1`,
      service,
      bindings: [`${service}.v1`],
      deadLetters: `DLQ.${service}.v1`,
    })),
  })
})

describe.each([
  ...orderStatuses.map(status => ['stock.v1', 'order', status, orderToStock[status].type] as const),
  ...orderStatuses.map(status => ['payment.v1', 'order', status, orderToPayment[status].type] as const),
  ['order.v1', 'stock', 'reserved', stockToOrder.reserved.type],
  ['order.v1', 'stock', 'not_reserved', stockToOrder.not_reserved.type],
  ['order.v1', 'payment', 'payment_confirmed', paymentToOrder.payment_confirmed.type],
  ['order.v1', 'payment', 'payment_denied', paymentToOrder.payment_denied.type],
] as const)('on %s, %s tells of %s', (address, source, status, type) => {
  const payload = source === 'order' ? { ...order, status } : { order_id: 17, status }
  const message: EventMessage = { ...frame, type, source, payload }

  test('it goes out as documented, and comes back as the same, known by its order, routing key and status', () => {
    const envelope = wire.encode(message)
    expect(envelope).toMatchObject({ id: message.id, address, mandatory: true })
    expect(envelope.headers).toEqual({
      ...frame.headers,
      'dop-msg-id': message.id,
      'dop-msg-destination': `/exchange/saga/${address}`,
      'dop-msg-type': 'Published',
      'dop-msg-sent-time': '2026-01-02T03:04:05.678Z',
      'dop-correlation-id': 'request-1',
      'makegood-causation': 'order.v1/17/reserved',
    })
    expect(JSON.parse(envelope.body)).toEqual(payload)
    expect(wire.decode(envelope)).toEqual({ ...message, id: `${address}/17/${status}` })
  })

  test('it is read without any header, and with the number of the order as a text', () => {
    const body = JSON.stringify({ ...payload, order_id: '17', note: 'more' })
    expect(wire.decode({ id: 'abc', address, mandatory: false, headers: {}, body })).toMatchObject({
      id: `${address}/17/${status}`,
      type,
      source,
      payload,
      correlationId: 'abc',
    })
  })
})

test('what the stock tells of a reservation that it gave back has the number of the order as a text', () => {
  const payload = { order_id: 17, status: 'payment_denied' }
  const envelope = wire.encode({ ...frame, type: stockToOrder.payment_denied.type, source: 'stock', payload })
  expect(envelope.address).toBe('order.v1')
  expect(JSON.parse(envelope.body)).toEqual({ order_id: '17', status: 'payment_denied' })
  expect(wire.decode(envelope)).toMatchObject({ id: 'order.v1/17/payment_denied', payload })
})

test('whatever comes is read or is unreadable, never another error', () => {
  const spoiled = fc
    .tuple(fc.constantFrom(...Object.keys(order)), fc.jsonValue())
    .map(([name, value]) => JSON.stringify({ ...order, [name]: value }))
  const headers = fc.dictionary(fc.constantFrom('dop-msg-sent-time', 'dop-correlation-id', 'x-other'), fc.string())
  const addresses = fc.constantFrom('order.v1', 'stock.v1', 'payment.v1', 'basket.v1')
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), spoiled), addresses, headers, (body, address, headers) => {
      const envelope: Envelope = { id: 'abc', address, mandatory: false, headers, body }
      try {
        expect(wire.decode(envelope).id).toMatch(/^\w+\.v1\/\d+\/\w+$/)
      } catch (error) {
        expect(error).toBeInstanceOf(MakegoodError)
        expect(error).toHaveProperty('code', 'MESSAGE_UNREADABLE')
      }
    }),
    { numRuns: 500 },
  )
})
