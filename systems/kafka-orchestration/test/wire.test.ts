import fc from 'fast-check'
import { type CommandMessage, type Envelope, MakegoodError, type Message, type ReplyMessage } from 'makegood'
import { describe, expect, test } from 'vitest'
import { documentedWire, services } from '../wire.ts'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const orderID = '0192f3a0-0000-7000-8000-000000000003'
const ids = { userID: 1, productID: 3, orderID }
const created = { ...ids, amount: 50, status: 'ORDER_CREATED' }
const payment = { userID: 1, orderID, amount: 50 }

const frame = {
  ...{ id: '0192f3a0-0000-7000-8000-000000000009', sentAt: 1_700_000_000_000 },
  ...{ correlationId: orderID, causationId: undefined, sagaId: orderID },
  headers: { traceparent, tenant: 'one' },
}
const command: CommandMessage = {
  ...frame,
  ...{ kind: 'command', type: 'stock.reserve-product', source: services.orchestrator, payload: created },
  ...{ step: 'stock', direction: 'forward', attempt: 1, firstSentAt: 1, stepFirstSentAt: 1, stepSucceeded: false },
  retry: { attempts: 5, forMs: 3_600_000, firstDelayMs: 200, delayMsMax: 30_000 },
}
const cancel: CommandMessage = {
  ...command,
  ...{ type: 'stock.cancel-product-reservation', direction: 'compensation', stepSucceeded: true },
  retry: { attempts: undefined, forMs: 86_400_000, firstDelayMs: 200, delayMsMax: 300_000 },
}
const pay: CommandMessage = { ...command, type: 'payment.process-payment', step: 'payment' }
const replyTo = (to: CommandMessage, payload: unknown, failure?: string): ReplyMessage => ({
  ...frame,
  ...{ kind: 'reply', type: to.type, source: services.stock, payload, failure },
  ...{ step: to.step, direction: to.direction, attempt: to.attempt },
})

const messages: readonly [topic: string, message: Message][] = [
  ['order-created', { ...frame, kind: 'event', type: 'order.created', source: services.order, payload: created }],
  [
    'order-updated',
    {
      ...{ ...frame, kind: 'event', type: 'order.updated', source: services.orchestrator },
      payload: { ...created, status: 'ORDER_COMPLETED' },
    },
  ],
  ['reserve-product', command],
  ['cancel-product-reservation', cancel],
  ['process-payment', pay],
  ['product-reserved', replyTo(command, { ...ids, status: 'AVAILABLE' })],
  ['product-reserved', replyTo(command, { ...ids, status: 'UNAVAILABLE' }, 'UNAVAILABLE')],
  ['product-reservation-cancelled', replyTo(cancel, { ...ids, status: 'CANCELLED' })],
  ['payment-processed', { ...replyTo(pay, { ...payment, status: 'PAYMENT_APPROVED' }), source: services.payment }],
  [
    'payment-processed',
    { ...replyTo(pay, { ...payment, status: 'PAYMENT_REJECTED' }, 'PAYMENT_REJECTED'), source: services.payment },
  ],
]

test('topics and groups have the documented names, but that no two services share a group', () => {
  expect(documentedWire.topology.exchange).toBe('')
  expect(documentedWire.topology.queues.map(({ name, service, bindings }) => [name, service, bindings])).toEqual([
    ['order', services.order, ['order-updated']],
    [
      'order-orchestrator',
      services.orchestrator,
      ['order-created', 'product-reserved', 'product-reservation-cancelled', 'payment-processed'],
    ],
    ['stock', services.stock, ['reserve-product', 'cancel-product-reservation']],
    ['payment', services.payment, ['process-payment']],
  ])
})

test('the dead letters of a topic are beside it', () => {
  for (const { bindings, deadLettersByAddress } of documentedWire.topology.queues) {
    expect(deadLettersByAddress).toEqual(Object.fromEntries(bindings.map(topic => [topic, `${topic}.dead-letter`])))
  }
})

describe.each(messages)('%s', (topic, message) => {
  test('goes out as the payload alone, without a key', () => {
    const { address, body, key } = documentedWire.encode(message)
    expect({ address, body: JSON.parse(body), key }).toEqual({ address: topic, body: message.payload, key: undefined })
  })

  test('is read as what it was, but that topic and order are its id, and that of its headers only the trace goes on', () => {
    const read = documentedWire.decode(documentedWire.encode(message))
    const { asked: _, ...headers } = read.headers
    expect({ ...read, headers, causationId: undefined }).toEqual({
      ...message,
      id: `${topic}/${orderID}`,
      headers: { traceparent },
    })
  })

  test('is understood of somebody who knows the documentation alone', () => {
    const read = documentedWire.decode(foreign({ address: topic, body: JSON.stringify(message.payload) }))
    const { kind, type, payload } = message
    expect(read).toMatchObject({ kind, type, payload, id: `${topic}/${orderID}`, sagaId: orderID })
    expect(read.sentAt).toBeGreaterThan(Date.now() - 60_000)
  })
})

describe('an answer that no handler gave', () => {
  const ask = (to: CommandMessage) => documentedWire.decode(documentedWire.encode(to)) as CommandMessage
  const answered = (to: CommandMessage, failure?: string) => {
    const { headers } = ask(to)
    const payload = failure === undefined ? undefined : { error: 'a secret of the database' }
    return documentedWire.encode({ ...replyTo(to, payload, failure), headers })
  }

  test('that there was nothing to put back looks like any other', () => {
    const envelope = answered(cancel)
    expect(JSON.parse(envelope.body)).toEqual({ ...ids, status: 'CANCELLED' })
    expect(documentedWire.decode(envelope)).toMatchObject({ failure: undefined })
  })

  test.each([
    [command, { ...ids, status: 'UNAVAILABLE' }],
    [cancel, { ...ids, status: 'NOT_CANCELLED' }],
    [pay, { ...payment, status: 'PAYMENT_REJECTED' }],
  ])('that it could not be done has the documented fields, and a header for ours: %#', (to, body) => {
    const envelope = answered(to, 'UNPROCESSABLE')
    expect(JSON.parse(envelope.body)).toEqual(body)
    expect(documentedWire.decode(envelope)).toMatchObject({ failure: 'UNPROCESSABLE' })
  })

  test('is another message than the one that follows when it could be done after all, or asked anew', () => {
    const done = { ...ids, status: 'CANCELLED' }
    const identities = [
      answered(cancel, 'UNPROCESSABLE'),
      documentedWire.encode(replyTo(cancel, done)),
      documentedWire.encode({ ...replyTo(cancel, done), attempt: 2 }),
    ].map(envelope => documentedWire.decode(envelope).id)
    expect(new Set(identities).size).toBe(3)
  })
})

describe('what cannot be read says what is wrong with it', () => {
  test.each<[string, Partial<Envelope>, string]>([
    ['no JSON', { body: '{' }, 'not JSON'],
    ['no value', { body: '' }, 'not JSON'],
    ['no object', { body: '7' }, 'not a JSON object'],
    ['no order', { body: JSON.stringify({ ...created, orderID: undefined }) }, 'orderID'],
    ['an order in capital letters', { body: JSON.stringify(created).toUpperCase() }, 'userID'],
    ['an unknown topic', { address: 'order-lost' }, 'order-lost'],
    ['no text', { headers: { 'makegood-unreadable': 'The body is not UTF-8.' } }, 'not UTF-8'],
    ['no time', { headers: { 'makegood-sent-at': 'now' } }, 'makegood-sent-at'],
    [
      'a failure of nobody',
      { address: 'payment-processed', headers: { 'makegood-failure': 'LOST' } },
      'makegood-failure',
    ],
  ])('%s', (_name, spoiled, says) => {
    expect(() => documentedWire.decode(foreign(spoiled))).toThrow(
      expect.objectContaining({ code: 'MESSAGE_UNREADABLE', message: expect.stringContaining(says) }),
    )
  })

  test('whatever comes is read or is unreadable, never another error', () => {
    const value = fc.oneof(fc.constantFrom(...Object.values(created), 'CANCELLED', 'AVAILABLE'), fc.jsonValue())
    const fields = { userID: value, productID: value, orderID: value, amount: value, status: value }
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record(fields, { requiredKeys: [] }).map(value => JSON.stringify(value)),
    )
    const topics = messages.map(([topic]) => topic)
    const names = fc.constantFrom('traceparent', 'makegood-failure', 'makegood-attempt', 'makegood-step-succeeded')
    const headers = fc.dictionary(names, fc.oneof(fc.string(), fc.constantFrom('UNPROCESSABLE', '2')))
    fc.assert(
      fc.property(fc.constantFrom(...topics), body, headers, (address, body, headers) => {
        try {
          expect(documentedWire.decode(foreign({ address, body, headers })).id).toContain(address)
        } catch (error) {
          expect(error).toBeInstanceOf(MakegoodError)
          expect(error).toHaveProperty('code', 'MESSAGE_UNREADABLE')
        }
      }),
    )
  })
})

/** A record of somebody who knows the documentation and nothing of makegood. */
function foreign(fields: Partial<Envelope>): Envelope {
  return {
    ...{ id: 'abc', address: 'order-created', mandatory: false, headers: {} },
    body: JSON.stringify(created),
    ...fields,
  }
}
