import fc from 'fast-check'
import { type CommandMessage, type Envelope, MakegoodError, type Message, type ReplyMessage } from 'makegood'
import { describe, expect, test } from 'vitest'
import { documentedWire, services } from '../wire.ts'

const sagaId = '0192f3a0-0000-7000-8000-000000000003'
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const debit: CommandMessage = {
  ...{ kind: 'command', id: 'some-id', type: 'user.update_balance', source: services.orchestrator, sagaId },
  ...{ step: 'update_balance', direction: 'forward', attempt: 2, correlationId: sagaId, causationId: 'cause' },
  payload: { owner_id: 1, amount: 20, order_id: 7 },
  ...{ sentAt: 1_767_323_045_678, firstSentAt: 1_767_323_045_000, stepFirstSentAt: 1_767_323_045_000 },
  stepSucceeded: false,
  retry: { attempts: undefined, forMs: 1_000, firstDelayMs: 10, delayMsMax: 100 },
  headers: { traceparent },
}
const debited: ReplyMessage = {
  ...{ kind: 'reply', id: 'other-id', type: 'user.update_balance', source: services.user, sagaId },
  ...{ step: 'update_balance', direction: 'forward', attempt: 1, correlationId: sagaId, causationId: 'some-id' },
  ...{ payload: { payload: debit.payload }, sentAt: 1_767_323_045_678, failure: undefined, headers: {} },
}

test('exchange, queues and bindings have the documented names, and each queue a place for its dead letters', () => {
  const queue = (service: string, binding: string) => ({
    name: `saga.${service}`,
    service,
    bindings: [binding],
    deadLetters: `saga.${service}.dead-letter`,
  })
  expect(documentedWire.topology).toEqual({
    exchange: 'SAGA_EXCHANGE',
    queues: [
      queue('user', 'saga.*.command.user.*'),
      queue('product', 'saga.*.command.product.*'),
      queue('order', 'saga.*.command.order.*'),
      queue('orchestrator', 'saga.*.event.*.*.*'),
    ],
  })
})

test('a command goes out in the documented envelope, and comes back as it was', () => {
  const envelope = documentedWire.encode(debit)
  expect(envelope).toMatchObject({
    id: debit.id,
    address: `saga.${sagaId}.command.user.update_balance`,
    correlationId: `${sagaId}/2`,
    mandatory: true,
  })
  expect(JSON.parse(envelope.body)).toEqual({
    sagaId,
    correlationId: `${sagaId}/2`,
    payload: debit.payload,
    timestamp: '2026-01-02T03:04:05.678Z',
    service: 'user',
    action: 'update_balance',
    compensating: false,
  })
  expect(documentedWire.decode(envelope)).toEqual(debit)
})

test.each([
  ['success', undefined, { payload: 1 }, { status: 'SUCCESS', payload: 1 }],
  ['failed', 'REFUSED', { reason: 'Too little' }, { status: 'FAILED', reason: 'Too little' }],
  [
    'failed',
    'UNPROCESSABLE',
    { error: 'why' },
    { status: 'FAILED', reason: 'The request could not be processed (UNPROCESSABLE)', error: 'why' },
  ],
])('an answer goes out as %s (%s)', (result, failure, payload, says) => {
  const envelope = documentedWire.encode({ ...debited, failure, payload })
  expect(envelope.address).toBe(`saga.${sagaId}.event.user.update_balance.${result}`)
  expect(JSON.parse(envelope.body)).toMatchObject({ result, payload: says, timestamp: '1767323045.678' })
  expect(documentedWire.decode(envelope)).toMatchObject({ kind: 'reply', failure, type: debited.type })
})

test.each<[string, Message['type'], string, boolean]>([
  ['update_balance', 'user.refund', 'user.update_balance', true],
  ['update_stock', 'product.restock', 'product.update_stock', true],
  ['create_order', 'order.fail', 'order.update_status', true],
  ['update_order', 'order.update_status', 'order.update_status', false],
])('%s: %s is %s on the wire, compensating %s', (step, type, address, compensating) => {
  const direction = compensating ? 'compensation' : 'forward'
  const envelope = documentedWire.encode({ ...debit, step, type, direction })
  expect(envelope.address).toBe(`saga.${sagaId}.command.${address}`)
  expect(JSON.parse(envelope.body)).toMatchObject({ compensating })
  expect(documentedWire.decode(envelope)).toMatchObject({ step, type, direction })
})

test('the entering of the order goes past the exchange, to the orchestrator itself, and so does its answer', () => {
  for (const message of [debit, debited]) {
    const entering = { ...message, step: 'create_order', type: 'order.create' } as const
    const envelope = documentedWire.encode(entering)
    expect(envelope).toMatchObject({ address: 'saga.orchestrator', direct: true })
    expect(documentedWire.decode(envelope)).toMatchObject({ kind: message.kind, step: 'create_order' })
  }
})

test('an order is failed whether or not its step is known to have succeeded: that was a call', () => {
  const fail = documentedWire.encode({ ...debit, step: 'create_order', type: 'order.fail', direction: 'compensation' })
  expect(documentedWire.decode(fail)).toMatchObject({ stepSucceeded: true })
})

describe('without ids', () => {
  const idOf = (reply: ReplyMessage) => documentedWire.decode({ ...documentedWire.encode(reply), id: 'another' }).id

  test('the same answer of the same step is the same message, whoever sends it', () => {
    const { address, body } = documentedWire.encode(debited)
    expect(documentedWire.decode(foreign({ address, body })).id).toBe(idOf(debited))
  })

  test('answers to another attempt, of another step, another way or another saga are others', () => {
    const others: ReplyMessage[] = [
      debited,
      { ...debited, attempt: 2 },
      { ...debited, type: 'user.refund', direction: 'compensation' },
      { ...debited, type: 'user.check_balance' },
      { ...debited, sagaId: 'other' },
    ]
    expect(new Set(others.map(idOf)).size).toBe(others.length)
  })

  test('an answer that repeats the correlation id of what was asked is one to that attempt', () => {
    const { correlationId } = JSON.parse(documentedWire.encode(debit).body)
    const { address, body } = documentedWire.encode({ ...debited, attempt: 1 })
    const repeating = foreign({ address, body: JSON.stringify({ ...JSON.parse(body), correlationId }) })
    expect(documentedWire.decode(repeating)).toMatchObject({ attempt: 2, correlationId: sagaId })
    expect(documentedWire.decode(repeating).id).toBe(idOf({ ...debited, attempt: 2 }))
    expect(documentedWire.decode(foreign({ address, body }))).toMatchObject({ attempt: undefined })
  })

  test('what the engine answers for a participant is not its answer, which may still come', () => {
    expect(idOf({ ...debited, failure: 'UNPROCESSABLE' })).toBe('another')
  })
})

test('a command of somebody who follows the page alone is the first attempt, tried again like any other', () => {
  const { address, body } = documentedWire.encode(debit)
  expect(documentedWire.decode(foreign({ address, body }))).toMatchObject({
    ...{ kind: 'command', id: 'abc', attempt: 1, firstSentAt: debit.sentAt, stepSucceeded: true },
    retry: { attempts: 5 },
  })
})

describe('what cannot be read says what is wrong with it', () => {
  const { address, body } = documentedWire.encode(debit)
  const withField = (fields: object) => ({ body: JSON.stringify({ ...JSON.parse(body), ...fields }) })
  test.each<[string, Partial<Envelope>, string]>([
    ['no JSON', { body: '{' }, 'not JSON'],
    ['no object', { body: '7' }, 'body'],
    ['no saga', withField({ sagaId: undefined }), 'sagaId'],
    ['a saga in several words', withField({ sagaId: 'a.b' }), 'sagaId'],
    ['no payload', withField({ payload: null }), 'payload'],
    ['no time', withField({ timestamp: 'soon' }), 'timestamp'],
    ['an unknown action', withField({ action: 'guess' }), 'user.guess'],
    ['a check that compensates', withField({ action: 'check_balance', compensating: true }), 'compensating'],
    ['another saga than the routing key', withField({ sagaId: 'other' }), 'routing key'],
    ['an answer under the key of a command', withField({ result: 'success' }), 'routing key'],
    ['no attempt', { headers: { 'makegood-attempt': '0' } }, 'makegood-attempt'],
    ['half a policy', { headers: { 'makegood-asks': '{}' } }, 'makegood-asks'],
    ['no policy', { headers: { 'makegood-asks': 'soon' } }, 'makegood-asks'],
    ['no text', { headers: { 'makegood-unreadable': 'The body is not UTF-8.' } }, 'not UTF-8'],
  ])('%s', (_name, spoiled, says) => {
    expect(() => documentedWire.decode(foreign({ address, body, ...spoiled }))).toThrow(
      expect.objectContaining({ code: 'MESSAGE_UNREADABLE', message: expect.stringContaining(says) }),
    )
  })

  test('whatever comes is read or is unreadable, never another error', () => {
    const field = (known: unknown) => fc.oneof(fc.constant(known), fc.jsonValue())
    const text = fc
      .record(Object.fromEntries(Object.entries(JSON.parse(body) as object).map(([name, it]) => [name, field(it)])))
      .map(value => JSON.stringify(value))
    const headers = fc.dictionary(fc.constantFrom('makegood-attempt', 'makegood-asks', 'x'), fc.string())
    fc.assert(
      fc.property(fc.oneof(text, fc.json(), fc.string()), headers, (body, headers) => {
        try {
          expect(documentedWire.decode(foreign({ address, body, headers })).kind).toBe('command')
        } catch (error) {
          expect(error).toBeInstanceOf(MakegoodError)
          expect(error).toHaveProperty('code', 'MESSAGE_UNREADABLE')
        }
      }),
    )
  })
})

/** A message of somebody who knows the documentation and nothing of makegood. */
function foreign(fields: Pick<Envelope, 'address' | 'body'> & Partial<Envelope>): Envelope {
  return { id: 'abc', mandatory: false, headers: {}, ...fields }
}
