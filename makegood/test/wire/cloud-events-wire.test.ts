import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { command, event } from '../../src/definition/message.ts'
import { handlersFor } from '../../src/definition/participant.ts'
import { saga } from '../../src/definition/saga-chain.ts'
import { cloudEventsWire } from '../../src/engine/cloud-events-wire.ts'
import type { CommandMessage, EventMessage, Message, MessageType, ReplyMessage } from '../../src/model/message.ts'
import type { Envelope } from '../../src/ports/wire.ts'

const Order = z.object({ orderId: z.string() })
const charge = command('payment.process', { payload: Order })
const refund = command('payment.refund', { payload: Order })
const placed = event('order.created', { payload: Order })
const cancelled = event('order.cancelled', { payload: Order })
const payload = (order: { orderId: string }) => order

const { handle, on } = handlersFor<unknown>()
const handler = (asked: typeof charge | typeof refund) => handle(asked, async (_payload, { succeed }) => succeed())
const checkout = saga('checkout', { version: 1, data: Order })
  .startsOn(placed, { key: order => order.orderId, data: order => order })
  .compensatable('payment', charge, { payload, compensation: { command: refund, payload } })
  .ends()

const wire = cloudEventsWire({
  services: [
    { name: 'orders', hosts: [on(cancelled, async () => {})] },
    { name: 'payment', hosts: [handler(charge), handler(refund)] },
    { name: 'orchestrator', hosts: [checkout] },
    { name: 'website', hosts: [] },
  ],
})

const asked: CommandMessage = {
  kind: 'command',
  id: 'c1',
  type: 'payment.process',
  source: 'orchestrator',
  payload: { orderId: '7' },
  sentAt: Date.UTC(2026, 10, 20, 12),
  correlationId: 's1',
  causationId: 'e1',
  headers: { tenant: 'acme', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  sagaId: 's1',
  step: 'payment',
  direction: 'forward',
  attempt: 1,
  firstSentAt: Date.UTC(2026, 10, 20, 11),
  stepFirstSentAt: Date.UTC(2026, 10, 20, 11),
  stepSucceeded: false,
  retry: { attempts: 5, forMs: 3_600_000, firstDelayMs: 200, delayMsMax: 30_000 },
}

describe('queues are made of what the services host', () => {
  test('each service that takes something has one, with exactly what it hosts', () => {
    expect(wire.topology).toEqual({
      exchange: 'makegood',
      queues: [
        { name: 'orders', service: 'orders', bindings: ['event.order.cancelled'], deadLetters: 'orders.dead-letter' },
        {
          name: 'payment',
          service: 'payment',
          bindings: ['saga.*.command.payment.process', 'saga.*.command.payment.refund'],
          deadLetters: 'payment.dead-letter',
        },
        {
          name: 'orchestrator',
          service: 'orchestrator',
          bindings: ['saga.*.event.payment.process.*', 'saga.*.event.payment.refund.*', 'event.order.created'],
          deadLetters: 'orchestrator.dead-letter',
        },
      ],
    })
  })

  test('a service that only sends has none', () => {
    expect(wire.queueOf('website')).toBeUndefined()
    expect(wire.queueOf('payment')?.name).toBe('payment')
  })

  test('two versions of a saga bind once', () => {
    const next = saga('checkout', { version: 2, data: Order }).pivot('payment', charge, { payload }).ends()
    const { topology } = cloudEventsWire({ services: [{ name: 'orchestrator', hosts: [checkout, next] }] })
    const bindings = topology.queues[0]?.bindings ?? []
    expect(new Set(bindings).size).toBe(bindings.length)
  })

  test('one command in two services would be answered twice, and is refused', () => {
    const services = ['payment', 'billing'].map(name => ({ name, hosts: [handler(charge)] }))
    expect(() => cloudEventsWire({ services })).toThrow(
      expect.objectContaining({
        code: 'HOSTS_INVALID',
        message: 'Both payment and billing host a handler for the command payment.process.',
      }),
    )
  })
})

describe('a message reaches the one who reads it', () => {
  const reply: ReplyMessage = {
    kind: 'reply',
    id: 'r1',
    type: 'payment.process',
    source: 'payment',
    payload: undefined,
    sentAt: 0,
    correlationId: 's1',
    causationId: 'c1',
    headers: {},
    sagaId: 's1',
    step: 'payment',
    direction: 'forward',
    attempt: 1,
    failure: undefined,
  }
  const fact: EventMessage = {
    kind: 'event',
    id: 'e1',
    type: 'order.cancelled',
    source: 'orchestrator',
    payload: {},
    sentAt: 0,
    correlationId: 's1',
    causationId: undefined,
    headers: {},
    sagaId: undefined,
  }

  test.each<[what: string, message: Message, address: string, queues: string[], mandatory: boolean]>([
    ['a command', asked, 'saga.s1.command.payment.process', ['payment'], true],
    ['what closes a command', { ...asked, direction: 'close' }, 'saga.s1.command.payment.process', ['payment'], true],
    ['a reply', reply, 'saga.s1.event.payment.process.succeeded', ['orchestrator'], true],
    ['a refusal', { ...reply, failure: 'GONE' }, 'saga.s1.event.payment.process.failed', ['orchestrator'], true],
    ['an event', fact, 'event.order.cancelled', ['orders'], false],
    ['an event that starts a saga', { ...fact, type: 'order.created' }, 'event.order.created', ['orchestrator'], false],
    [
      'a saga with an odd id',
      { ...asked, sagaId: 'order.7/ü' },
      'saga.order_7__.command.payment.process',
      ['payment'],
      true,
    ],
  ])('%s', (_what, message, address, queues, mandatory) => {
    const envelope = wire.encode(message)
    expect(envelope).toMatchObject({ address, mandatory })
    expect(
      wire.topology.queues.filter(queue => queue.bindings.some(matches(address))).map(queue => queue.name),
    ).toEqual(queues)
  })
})

test('a command on the wire is a CloudEvent in binary mode', () => {
  expect(wire.encode(asked)).toEqual({
    id: 'c1',
    address: 'saga.s1.command.payment.process',
    key: 's1',
    mandatory: true,
    headers: {
      'ce-specversion': '1.0',
      'ce-id': 'c1',
      'ce-type': 'payment.process',
      'ce-source': 'orchestrator',
      'ce-time': '2026-11-20T12:00:00.000Z',
      'ce-kind': 'command',
      'ce-correlationid': 's1',
      'ce-causationid': 'e1',
      'ce-sagaid': 's1',
      'ce-sagastep': 'payment',
      'ce-direction': 'forward',
      'ce-attempt': '1',
      'ce-firstsentat': '1795172400000',
      'ce-stepfirstsentat': '1795172400000',
      'ce-stepsucceeded': 'false',
      'ce-retry': '5 3600000 200 30000',
      tenant: 'acme',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
    body: '{"orderId":"7"}',
  })
})

describe('what was encoded is decoded to itself', () => {
  test('every message', () => {
    fc.assert(
      fc.property(anyMessage(), message => {
        const envelope = wire.encode(message)
        expect(wire.decode(envelope)).toEqual(message)
        expect(wire.decode(JSON.parse(JSON.stringify(envelope)) as Envelope)).toEqual(message)
      }),
      { numRuns: 1_000 },
    )
  })

  test('attributes have names and values that CloudEvents allows', () => {
    fc.assert(
      fc.property(anyMessage(), message => {
        const { headers } = wire.encode(message)
        const attributes = Object.entries(headers).filter(([name]) => name.startsWith('ce-'))
        expect(attributes.filter(([name]) => !/^ce-[a-z0-9]{1,20}$/.test(name))).toEqual([])
        expect(attributes.filter(([, value]) => value === '')).toEqual([])
      }),
    )
  })
})

describe('what cannot be read says so, and nothing else happens', () => {
  const refused = expect.objectContaining({ code: 'MESSAGE_UNREADABLE' })
  const envelope = wire.encode(asked)
  const withHeaders = (headers: Record<string, string>) => ({
    ...envelope,
    headers: { ...envelope.headers, ...headers },
  })

  test.each([
    ['ce-specversion', '0.3', 'The header ce-specversion is 0.3, and not 1.0.'],
    ['ce-id', '', 'The header ce-id is not 1 to 256 characters of plain text.'],
    ['ce-id', 'a\0', 'The header ce-id is not 1 to 256 characters of plain text.'],
    ['ce-sagaid', 'x'.repeat(257), 'The header ce-sagaid is not 1 to 256 characters of plain text.'],
    ['ce-type', 'process', 'The header ce-type is not `service.action`.'],
    ['ce-time', 'yesterday', 'The header ce-time is yesterday, and not a time.'],
    ['ce-kind', 'question', 'The header ce-kind is question, and not command or reply or event.'],
    ['ce-sagastep', '__proto__', 'The header ce-sagastep is not a name: __proto__.'],
    ['ce-direction', 'back', 'The header ce-direction is back, and not forward or compensation or close.'],
    ['ce-attempt', '0', 'The header ce-attempt is 0, and not a whole number from 1.'],
    ['ce-attempt', '1e3', 'The header ce-attempt is 1e3, and not a whole number from 1.'],
    ['ce-firstsentat', '-1', 'The header ce-firstsentat is -1, and not a whole number from 0.'],
    ['ce-stepsucceeded', 'yes', 'The header ce-stepsucceeded is yes, and not true or false.'],
    ['ce-retry', '0 1 1 1', 'The header ce-retry is not four numbers.'],
    ['makegood-unreadable', 'The body is not UTF-8.', 'The body is not UTF-8.'],
    ['tenant', 'a\0b', 'A header contains U+0000 or half a character.'],
  ])('%s: %s', (name, value, says) => {
    expect(() => wire.decode(withHeaders({ [name]: value }))).toThrow(refused)
    expect(() => wire.decode(withHeaders({ [name]: value }))).toThrow(says)
  })

  test.each(Object.keys(envelope.headers).filter(name => name.startsWith('ce-') && name !== 'ce-causationid'))(
    'without %s',
    name => {
      const { [name]: _left, ...headers } = envelope.headers
      expect(() => wire.decode({ ...envelope, headers })).toThrow(`The header ${name} is missing.`)
    },
  )

  test.each([
    ['no JSON', '{"orderId":', 'The body is not JSON'],
    ['U+0000', '{"orderId":"\\u0000"}', 'U+0000'],
    ['U+0000 in a name', '{"\\u0000":1}', 'U+0000'],
    ['half a character', '["\\ud83d"]', 'half a character'],
    ['a tower', '['.repeat(100_000) + ']'.repeat(100_000), 'nested more than 64 deep'],
  ])('a body with %s', (_what, body, says) => {
    expect(() => wire.decode({ ...envelope, body })).toThrow(says)
    expect(() => wire.decode({ ...envelope, body })).toThrow(refused)
  })

  test('a whole character that was written in two halves is one', () => {
    expect(wire.decode({ ...envelope, body: '"\\ud83d\\ude00"' }).payload).toBe('😀')
  })

  test('a reply fails with a code, or succeeds without one', () => {
    const reply = (type: string, more: object) =>
      wire.decode(withHeaders({ 'ce-kind': 'reply', 'ce-type': type, ...more }))
    expect(() => reply('payment.process.failed', {})).toThrow('names its failure in makegood-failure')
    expect(() => reply('payment.process.succeeded', { 'makegood-failure': 'GONE' })).toThrow('and no other does')
    expect(() => reply('payment.process.failed', { 'makegood-failure': 'not a code' })).toThrow(
      'makegood-failure is not the name',
    )
    expect(() => reply('payment.process', {})).toThrow(refused)
  })

  test('garbage of any kind', () => {
    const names = fc.constantFrom(...Object.keys(envelope.headers), 'makegood-failure', 'x-death', '__proto__')
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...Object.values(envelope.headers), 'reply', 'event'),
    )
    fc.assert(
      fc.property(
        fc.dictionary(names, texts),
        fc.boolean(),
        fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
        (headers, onTop, body) => {
          const garbage = { ...envelope, headers: onTop ? { ...envelope.headers, ...headers } : headers, body }
          try {
            wire.decode(garbage)
          } catch (error) {
            expect(error).toEqual(refused)
          }
        },
      ),
      { numRuns: 3_000 },
    )
  })
})

/** Topic matching as RabbitMQ does it. */
function matches(address: string): (binding: string) => boolean {
  return binding =>
    new RegExp(`^${binding.replaceAll('.', '\\.').replaceAll('*', '[^.]+').replaceAll('#', '.*')}$`).test(address)
}

function anyMessage(): fc.Arbitrary<Message> {
  const name = fc.stringMatching(/^[a-zA-Z][\w-]{0,63}$/).filter(text => !(text in {}))
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter(it => /^[^\p{Cc}\p{Cs}]+$/u.test(it))
  const time = fc.integer({ min: 0, max: 4_102_444_800_000 })
  const ms = fc.integer({ min: 1, max: 999_999_999_999 })
  const kept = fc.jsonValue({ maxDepth: 5 }).filter(value => !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value)))
  const frame = {
    id: text,
    type: fc.tuple(name, name).map(words => words.join('.') as MessageType),
    source: text,
    payload: fc.option(
      kept.map(value => JSON.parse(JSON.stringify(value)) as unknown),
      { nil: undefined },
    ),
    sentAt: time,
    correlationId: text,
    causationId: fc.option(text, { nil: undefined }),
    headers: fc.dictionary(
      fc.oneof(
        text,
        text.map(it => `ce-${it}`),
        text.map(it => `makegood-${it}`),
      ),
      fc.oneof(text, fc.constant('')),
    ),
  }
  const step = {
    sagaId: text,
    step: name,
    direction: fc.constantFrom('forward', 'compensation', 'close'),
    attempt: fc.integer({ min: 1 }),
  } as const
  return fc.oneof(
    fc.record<CommandMessage>({
      kind: fc.constant('command'),
      ...frame,
      ...step,
      firstSentAt: time,
      stepFirstSentAt: time,
      stepSucceeded: fc.boolean(),
      retry: fc.record({
        attempts: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
        forMs: ms,
        firstDelayMs: ms,
        delayMsMax: ms,
      }),
    }),
    fc.record<ReplyMessage>({
      kind: fc.constant('reply'),
      ...frame,
      ...step,
      failure: fc.option(name, { nil: undefined }),
    }),
    fc.record<EventMessage>({ kind: fc.constant('event'), ...frame, sagaId: fc.option(text, { nil: undefined }) }),
  )
}
