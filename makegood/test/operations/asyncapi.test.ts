import { Parser } from '@asyncapi/parser'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { typebox } from '../../src/adapters/typebox/index.ts'
import { choreography } from '../../src/definition/choreography.ts'
import { command, event } from '../../src/definition/message.ts'
import { older, readingOlder } from '../../src/definition/older.ts'
import { handlersFor } from '../../src/definition/participant.ts'
import { saga } from '../../src/definition/saga-chain.ts'
import type { Schema } from '../../src/definition/schema.ts'
import { track } from '../../src/definition/tracker.ts'
import { cloudEventsWire } from '../../src/engine/cloud-events-wire.ts'
import type { Hosted } from '../../src/engine/options.ts'
import type { CommandMessage, Message, ReplyMessage } from '../../src/model/message.ts'
import { asyncapi } from '../../src/operations/asyncapi.ts'
import type { Wire } from '../../src/ports/wire.ts'

const Order = z.object({ orderId: z.string(), note: z.string().default('none') })
const Parcel = z.object({
  name: z.string(),
  get parts() {
    return z.array(Parcel)
  },
})
const orderPlaced = event('order.placed', { payload: Order })
const shopClosed = event('shop.closed', { payload: z.object({ at: z.date() }) })
const charge = command('payment.charge', {
  payload: typebox(Type.Object({ orderId: Type.String({ pattern: /^\d+$/ }) })),
  reply: typebox(Type.Object({ paymentId: Type.String() })),
  failures: { DECLINED: typebox(Type.Object({ reason: Type.String() })) },
})
const refund = command('payment.refund', { payload: z.object({ paymentId: z.string() }), reply: z.object({}) })
const pack = command('shipping.pack', { payload: Parcel })

const checkout = saga('checkout', { version: 1, data: Order })
  .startsOn(orderPlaced, { key: order => order.orderId, data: order => order })
  .compensatable('payment', charge, {
    payload: order => order,
    compensation: { command: refund, payload: (_order, { payment }) => payment },
  })
  .pivot('shipping', pack, { payload: () => ({ name: 'all', parts: [] }) })
  .ends({ completed: { event: shopClosed, payload: () => ({ at: new Date() }) } })

const { handle, on } = handlersFor<unknown>()
const idle = async (): Promise<never> => {
  throw new Error('Nothing runs here.')
}
const hosting: { readonly [name: string]: readonly Hosted<never>[] } = {
  order: [],
  orchestrator: [checkout],
  payment: [handle(charge, idle), handle(refund, idle)],
  shipping: [handle(pack, idle), on(shopClosed, async () => {})],
}
const named = Object.entries(hosting).map(([name, hosts]) => ({ name, hosts }))
const wire = cloudEventsWire({ services: named })
const services = named.map(service => ({ ...service, wire }))
const about = { title: 'Shop', version: '1.0.0' }

describe('what services say to each other on the default wire', () => {
  test.each([undefined, 'amqp', 'kafka'] as const)('is a document without faults (protocol: %s)', async protocol => {
    const document = asyncapi({ ...about, description: 'All of it.', ...(protocol && { protocol }) }, services)
    expect(await faultsOf(document)).toEqual([])
  })

  test('has a channel for each address, with what differs from saga to saga as a parameter', () => {
    const { channels } = asyncapi(about, services)
    expect(Object.values(channels).map(({ address }) => address)).toEqual([
      'event.order.placed',
      'saga.{sagaId}.command.payment.charge',
      'saga.{sagaId}.event.payment.charge.succeeded',
      'saga.{sagaId}.event.payment.charge.failed',
      'saga.{sagaId}.command.payment.refund',
      'saga.{sagaId}.event.payment.refund.succeeded',
      'saga.{sagaId}.event.payment.refund.failed',
      'saga.{sagaId}.command.shipping.pack',
      'saga.{sagaId}.event.shipping.pack.succeeded',
      'saga.{sagaId}.event.shipping.pack.failed',
      'event.shop.closed',
    ])
    expect(channels['saga.sagaId.command.payment.charge']).toMatchObject({ parameters: { sagaId: {} } })
  })

  test('says who sends and who receives, both ways of each command, and each event', () => {
    const { operations } = asyncapi(about, services)
    const done = Object.entries(operations).map(([name, { messages }]) => [name, messages.map(lastWord)])
    expect(Object.fromEntries(done)).toMatchObject({
      'order.send.event.order.placed': ['order.placed'],
      'orchestrator.receive.event.order.placed': ['order.placed'],
      'orchestrator.send.saga.sagaId.command.payment.charge': ['payment.charge', 'payment.charge.close'],
      'payment.receive.saga.sagaId.command.payment.charge': ['payment.charge', 'payment.charge.close'],
      'payment.send.saga.sagaId.event.payment.charge.failed': expect.arrayContaining([
        'payment.charge.failed.DECLINED',
      ]),
      'orchestrator.send.event.shop.closed': ['shop.closed'],
      'shipping.receive.event.shop.closed': ['shop.closed'],
    })
  })

  test('names exchange and queues where RabbitMQ carries it, topics and groups where Kafka does', () => {
    const amqp = asyncapi({ ...about, protocol: 'amqp' }, services)
    expect(amqp.channels['event.order.placed']?.bindings).toMatchObject({
      amqp: { is: 'routingKey', exchange: { name: 'makegood', type: 'topic', durable: true } },
    })
    expect(amqp.operations['orchestrator.receive.event.order.placed']).toMatchObject({ 'x-queue': 'orchestrator' })
    const kafka = asyncapi({ ...about, protocol: 'kafka' }, services)
    expect(kafka.channels['event.order.placed']?.bindings).toMatchObject({
      kafka: { topic: 'makegood.event.order.placed' },
    })
    expect(kafka.operations['orchestrator.receive.event.order.placed']?.bindings).toMatchObject({
      kafka: { groupId: { const: 'orchestrator' } },
    })
  })

  test('is the same each time', () => {
    expect(asyncapi(about, services)).toEqual(asyncapi(about, services))
  })

  test.each<[string, Message]>([
    ['a command', asked({ orderId: '7' })],
    ['a closing', { ...asked(undefined), direction: 'close' }],
    ['a reply', answered(undefined, { paymentId: 'p' })],
    ['a refusal', answered('DECLINED', { reason: 'no money' })],
    ['what the engine answers', answered('EXPIRED', undefined)],
  ])('has %s as the wire encodes it', (_what, message) => {
    expect(fitting(wire, message)).toHaveLength(1)
  })

  test('refuses what the wire would not send', () => {
    expect(fitting(wire, asked({ orderId: 'seven' }))).toEqual([])
    expect(fitting(wire, answered('DECLINED', { paymentId: 'p' }))).toEqual([])
  })
})

describe('schemas', () => {
  test('of TypeBox are shown without what only it understands', () => {
    expect(asyncapi(about, services).components.schemas['payment.charge']).toEqual({
      type: 'object',
      required: ['orderId'],
      properties: { orderId: { type: 'string', pattern: '^\\d+$' } },
    })
  })

  test('of Zod are shown as it takes them: what has a default may be left out', () => {
    expect(asyncapi(about, services).components.schemas['order.placed']).toMatchObject({ required: ['orderId'] })
  })

  test('that name themselves name themselves where they stand in the document', () => {
    expect(asyncapi(about, services).components.schemas['shipping.pack']).toMatchObject({
      properties: { parts: { items: { $ref: '#/components/schemas/shipping.pack' } } },
    })
  })

  test('that JSON Schema has no words for, and those of libraries that show none, allow everything and say so', () => {
    const { schemas } = asyncapi(about, services).components
    expect(schemas['shop.closed']).toEqual({ description: expect.stringContaining('(zod)') })
    const silent: Schema<string> = {
      '~standard': { version: 1, vendor: 'own', validate: value => ({ value: String(value) }) },
    }
    const told = [on(event('order.told', { payload: silent }), async () => {})]
    expect(asyncapi(about, [{ name: 'reader', hosts: told, wire }]).components.schemas['order.told']).toEqual({
      description: expect.stringContaining('(own)'),
    })
  })

  test('that read older shapes are shown as the newest', () => {
    const payload = readingOlder(
      z.object({ cents: z.int() }),
      older(z.object({ euros: z.number() }), ({ euros }) => ({ cents: euros * 100 })),
    )
    const hosts = [on(event('payment.refunded', { payload }), async () => {})]
    expect(asyncapi(about, [{ name: 'reader', hosts, wire }]).components.schemas['payment.refunded']).toMatchObject({
      required: ['cents'],
    })
  })

  test('of two services that declare one event differently are both there', () => {
    const reading = (payload: Schema<unknown>) => [on(event('order.told', { payload }), async () => {})]
    const both = [
      { name: 'a', hosts: reading(z.object({ a: z.string() })), wire },
      { name: 'b', hosts: reading(z.object({ b: z.string() })), wire },
    ]
    const { channels, components } = asyncapi(about, both)
    expect(Object.keys(components.schemas)).toEqual(['order.told', 'order.told-2'])
    expect(channels['event.order.told']?.messages['order.told']?.payload).toEqual({
      anyOf: [{ $ref: '#/components/schemas/order.told' }, { $ref: '#/components/schemas/order.told-2' }],
    })
  })
})

test('of a choreography, a service sends what it says that it publishes, and who follows it receives all', () => {
  const paid = event('money.received', { payload: Order })
  const flow = choreography('flow', {
    starts: orderPlaced,
    leads: [{ from: orderPlaced, in: 'payment', to: [paid] }],
    ends: { completed: [paid] },
  })
  const following = [
    { name: 'payment', hosts: [flow], wire },
    { name: 'tracker', hosts: [track(flow)], wire },
  ]
  expect(Object.keys(asyncapi(about, following).operations)).toEqual([
    'tracker.receive.event.order.placed',
    'payment.send.event.money.received',
    'tracker.receive.event.money.received',
  ])
})

test('messages of one name that differ in one field alone are shown as one, with what may stand there', () => {
  const enveloped: Wire = {
    ...wire,
    shown: message => ({
      ...wire.shown!(message),
      name: message.type,
      headers: true,
      body: { type: 'object', required: ['payload'], properties: { payload: message.payload ?? { type: 'null' } } },
    }),
  }
  const { channels } = asyncapi(about, [{ name: 'payment', hosts: hosting['payment']!, wire: enveloped }])
  expect(channels['saga.sagaId.event.payment.charge.succeeded']?.messages['payment.charge']?.payload).toEqual({
    type: 'object',
    required: ['payload'],
    properties: { payload: { $ref: '#/components/schemas/payment.charge.reply' } },
  })
  const refused = channels['saga.sagaId.event.payment.charge.failed']?.messages['payment.charge']?.payload
  expect(refused).toMatchObject({
    properties: {
      payload: {
        anyOf: [{ $ref: '#/components/schemas/payment.charge.DECLINED' }, { required: ['error'] }, { type: 'null' }],
      },
    },
  })
})

test('a wire that cannot show its messages is refused by the name of its service', () => {
  const { shown: _shown, ...mute } = wire
  expect(() => asyncapi(about, [{ name: 'payment', hosts: hosting['payment']!, wire: mute }])).toThrow(
    'The wire of payment cannot show its messages',
  )
})

async function faultsOf(document: object): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document))
  return diagnostics.filter(({ severity }) => severity < 2).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

/** The names of those of the channel's messages that allow what the wire makes of this one. */
function fitting({ encode }: Wire, message: Message): string[] {
  const document = asyncapi(about, services)
  const ajv = addFormats.default(new Ajv({ strict: false })).addSchema(document, 'document')
  const { address, headers, body } = encode(message)
  const [key, channel] = Object.entries(document.channels).find(
    ([, channel]) => channel.address === address.replace('saga.7.', 'saga.{sagaId}.'),
  )!
  const allows = (name: string, part: string, value: unknown) =>
    ajv.validate({ $ref: `document#/channels/${key}/messages/${name}/${part}` }, value)
  return Object.entries(channel.messages).flatMap(([name, { payload }]) => {
    if (!allows(name, 'headers', headers)) return []
    return (payload === undefined ? body === '' : allows(name, 'payload', JSON.parse(body))) ? [name] : []
  })
}

function asked(payload: unknown): CommandMessage {
  return {
    ...{ kind: 'command', type: 'payment.charge', source: 'orchestrator', payload },
    ...framed,
    ...{ firstSentAt: 1, stepFirstSentAt: 1, stepSucceeded: false },
    retry: { attempts: undefined, forMs: 1, firstDelayMs: 1, delayMsMax: 1 },
  } as const
}

function answered(failure: string | undefined, payload: unknown): ReplyMessage {
  return { ...{ kind: 'reply', type: 'payment.charge', source: 'payment', payload, failure }, ...framed } as const
}

const framed = {
  ...{ id: 'm', sentAt: 1, correlationId: '7', causationId: undefined, headers: {} },
  ...({ sagaId: '7', step: 'payment', direction: 'forward', attempt: 1 } as const),
}

function lastWord({ $ref }: { readonly $ref: string }): string {
  return $ref.slice($ref.lastIndexOf('/') + 1)
}
