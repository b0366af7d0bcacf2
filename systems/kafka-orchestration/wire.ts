/**
 * The documented wire: a topic for each message, and the payload alone as value. An order has one message on each topic,
 * so order and topic tell which message it is.
 *
 * What the page does not carry (times, attempts, the engine's own failures) travels in headers `makegood-*`. A record
 * without them, from somebody who follows the page alone, is understood. How a command is tried again is not carried:
 * it is the same for all.
 */
import {
  type Command,
  type Direction,
  type Envelope,
  type Event,
  type Headers,
  isEngineFailure,
  type JsonSchema,
  MakegoodError,
  type Message,
  type MessageShape,
  type MessageType,
  type ReplyMessage,
  type RetryPolicy,
  type Schema,
  type Shown,
  type Wire,
} from 'makegood'
import { typebox } from 'makegood/typebox'
import Type from 'typebox'
import {
  cancelProductReservation,
  orderCreated,
  orderUpdated,
  processPayment,
  reserveProduct,
  Uuid,
} from './messages.ts'

export const services = {
  order: 'order-service',
  orchestrator: 'order-orchestrator',
  stock: 'stock-service',
  payment: 'payment-service',
} as const

const ids = ['userID', 'productID', 'orderID']

const events: readonly Told[] = [
  { topic: 'order-created', event: orderCreated, from: services.order, to: services.orchestrator },
  { topic: 'order-updated', event: orderUpdated, from: services.orchestrator, to: services.order },
]

/** What the orchestrator asks, of whom, and on which topic the answer comes. */
const commands: readonly Asked[] = [
  {
    topic: 'reserve-product',
    command: reserveProduct,
    step: 'stock',
    direction: 'forward',
    of: services.stock,
    answer: { topic: 'product-reserved', fields: ids, refused: 'UNAVAILABLE' },
  },
  {
    topic: 'cancel-product-reservation',
    command: cancelProductReservation,
    step: 'stock',
    direction: 'compensation',
    of: services.stock,
    answer: { topic: 'product-reservation-cancelled', fields: ids, done: 'CANCELLED', refused: 'NOT_CANCELLED' },
  },
  {
    topic: 'process-payment',
    command: processPayment,
    step: 'payment',
    direction: 'forward',
    of: services.payment,
    answer: { topic: 'payment-processed', fields: ['userID', 'orderID', 'amount'], refused: 'PAYMENT_REJECTED' },
  },
]

type AnyCommand = Command<MessageType, unknown, unknown, { readonly [code: string]: unknown }>

interface Told {
  readonly topic: string
  readonly event: Event
  readonly from: string
  readonly to: string
}

interface Asked {
  readonly topic: string
  readonly command: AnyCommand
  readonly step: string
  readonly direction: Direction
  readonly of: string
  readonly answer: {
    readonly topic: string
    /** Of the command, those that the answer repeats. */
    readonly fields: readonly string[]
    /** The status where the engine has answered, because there was nothing to do, or because it could not be done. */
    readonly done?: string
    readonly refused: string
  }
}

const readers: readonly Reader[] = [
  { service: services.order, group: 'order', topics: topicsOf({ to: services.order }) },
  {
    service: services.orchestrator,
    group: 'order-orchestrator',
    topics: [...topicsOf({ to: services.orchestrator }), ...commands.map(({ answer }) => answer.topic)],
  },
  { service: services.stock, group: 'stock', topics: topicsOf({ to: services.stock }) },
  { service: services.payment, group: 'payment', topics: topicsOf({ to: services.payment }) },
]

interface Reader {
  readonly service: string
  readonly group: string
  readonly topics: readonly string[]
}

function topicsOf({ to }: { readonly to: string }): readonly string[] {
  const told = events.filter(event => event.to === to).map(({ topic }) => topic)
  const asked = commands.filter(({ of }) => of === to).map(({ topic }) => topic)
  return [...told, ...asked]
}

const queues = readers.map(({ service, group, topics }) => ({
  name: group,
  service,
  bindings: topics,
  deadLetters: deadLettersOf(topics[0]!),
  deadLettersByAddress: Object.fromEntries(topics.map(topic => [topic, deadLettersOf(topic)])),
}))

function deadLettersOf(topic: string): string {
  return `${topic}.dead-letter`
}

export const documentedWire: Wire = {
  // Without a name of its own: a topic is called as its messages are addressed.
  topology: { exchange: '', queues },
  queueOf: service => queues.find(queue => queue.service === service),
  encode,
  decode,
  canClose: false,
  shown,
}

// ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

function encode(message: Message): Envelope {
  const { id, headers } = message
  return {
    id,
    address: topicOf(message),
    mandatory: true,
    headers: { ...traceIn(headers), ...beyondThePage(message) },
    body: JSON.stringify(isByEngine(message) ? asDocumented(message) : message.payload),
  }
}

function topicOf({ kind, type }: Message | MessageShape): string {
  if (kind === 'event') return found(events, ({ event }) => event.type === type, type).topic
  const { topic, answer } = askedBy(type)
  return kind === 'command' ? topic : answer.topic
}

function askedBy(type: string): Asked {
  return found(commands, ({ command }) => command.type === type, type)
}

function found<Of>(all: readonly Of[], is: (one: Of) => boolean, type: string): Of {
  const one = all.find(is)
  if (one !== undefined) return one
  throw new MakegoodError('DEFINITION_INVALID', `The wire has no topic for ${type}.`)
}

function beyondThePage(message: Message): Headers {
  const sent: Headers = { 'makegood-sent-at': String(message.sentAt) }
  switch (message.kind) {
    case 'event':
      return sent
    case 'command':
      return {
        ...sent,
        'makegood-attempt': String(message.attempt),
        'makegood-first-sent-at': String(message.firstSentAt),
        'makegood-step-first-sent-at': String(message.stepFirstSentAt),
        'makegood-step-succeeded': String(message.stepSucceeded),
      }
    case 'reply': {
      const { attempt, failure } = message
      const answered: Headers = { ...sent, 'makegood-attempt': String(attempt) }
      return failure !== undefined && isEngineFailure(failure) ? { ...answered, 'makegood-failure': failure } : answered
    }
  }
}

/** No handler has answered: there was nothing to undo, or the engine could not have it done. */
function isByEngine<Any extends Message | MessageShape>(message: Any): message is Any & { readonly kind: 'reply' } {
  if (message.kind !== 'reply') return false
  return message.failure === undefined ? message.payload === undefined : isEngineFailure(message.failure)
}

function asDocumented(message: ReplyMessage): object {
  return { ...JSON.parse(message.headers['asked'] ?? '{}'), status: statusByEngine(message) }
}

function statusByEngine({ type, failure }: Pick<ReplyMessage, 'type' | 'failure'>): string | undefined {
  const { done, refused } = askedBy(type).answer
  return failure === undefined ? done : refused
}

// ── For documents ───────────────────────────────────────────────────────────────────────────────────────────────────

/** A record needs no headers: what it is, topic and status say. */
function shown(message: MessageShape): Shown {
  const topic = topicOf(message)
  return { name: topic, address: topic, from: senderOf(message), body: bodyOf(message) }
}

function senderOf({ kind, type }: MessageShape): string {
  switch (kind) {
    case 'command':
      return services.orchestrator
    case 'reply':
      return askedBy(type).of
    case 'event':
      return found(events, ({ event }) => event.type === type, type).from
  }
}

function bodyOf(message: MessageShape): JsonSchema | undefined {
  if (!isByEngine(message)) return message.payload
  const fields = Object.fromEntries(askedBy(message.type).answer.fields.map(name => [name, true]))
  const properties = { ...fields, status: { const: statusByEngine(message) } }
  return { type: 'object', required: Object.keys(properties), properties }
}

// ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function decode({ address, headers, body }: Envelope): Message {
  const garbled = headers['makegood-unreadable']
  if (garbled !== undefined) throw unreadable(garbled)
  const told = events.find(({ topic }) => topic === address)
  if (told !== undefined) return eventIn(told, headers, body)
  const asked = commands.find(({ topic }) => topic === address)
  if (asked !== undefined) return commandIn(asked, headers, body)
  const answered = commands.find(({ answer }) => answer.topic === address)
  if (answered !== undefined) return replyIn(answered, headers, body)
  throw unreadable(`The topic is ${JSON.stringify(address.slice(0, 100))}.`)
}

function eventIn({ topic, event, from }: Told, headers: Headers, body: string): Message {
  const payload = checked(event.payload, parsed(body))
  return {
    ...frameOf(topic, payload, headers),
    kind: 'event',
    type: event.type,
    source: from,
    causationId: topic === 'order-created' ? undefined : `order-created/${payload.orderID}`,
  }
}

function commandIn({ topic, command, step, direction, answer }: Asked, headers: Headers, body: string): Message {
  const payload = checked(command.payload, parsed(body))
  const frame = frameOf(topic, payload, headers)
  const asked = Object.fromEntries(answer.fields.map(name => [name, payload[name]]))
  return {
    ...frame,
    kind: 'command',
    type: command.type,
    source: services.orchestrator,
    causationId: `order-created/${payload.orderID}`,
    headers: { ...frame.headers, asked: JSON.stringify(asked) },
    step,
    direction,
    attempt: wholeNumber(headers, 'makegood-attempt') ?? 1,
    firstSentAt: wholeNumber(headers, 'makegood-first-sent-at') ?? frame.sentAt,
    stepFirstSentAt: wholeNumber(headers, 'makegood-step-first-sent-at') ?? frame.sentAt,
    stepSucceeded: headers['makegood-step-succeeded'] !== 'false',
    retry: direction === 'forward' ? untilTried : untilDone,
  }
}

/** The defaults of the two directions. */
const untilTried: RetryPolicy = { attempts: 5, forMs: 3_600_000, firstDelayMs: 200, delayMsMax: 30_000 }
const untilDone: RetryPolicy = { attempts: undefined, forMs: 86_400_000, firstDelayMs: 200, delayMsMax: 300_000 }

/** The status says whether it was done; a failure of the engine's own is said by its header. */
function replyIn({ topic, command, step, direction, of, answer }: Asked, headers: Headers, body: string): Message {
  const given = parsed(body)
  const byEngine = headers['makegood-failure']
  if (byEngine !== undefined && !isEngineFailure(byEngine)) throw unreadable('makegood-failure is none of makegood.')
  const failure = byEngine ?? refusalIn(given, command)
  const frame = frameOf(answer.topic, checked(schemaOf(command, failure), given), headers)
  const attempt = wholeNumber(headers, 'makegood-attempt')
  return {
    ...frame,
    // Asked for a new attempt, a service answers anew; so it does when a dead letter of its own has been redriven.
    id: [
      frame.id,
      ...(attempt === undefined || attempt === 1 ? [] : [attempt]),
      ...(byEngine === undefined ? [] : [byEngine]),
    ].join('/'),
    kind: 'reply',
    type: command.type,
    source: of,
    causationId: `${topic}/${frame.sagaId}`,
    step,
    direction,
    attempt,
    failure,
  }
}

function refusalIn({ status }: Read, { failures }: AnyCommand): string | undefined {
  return typeof status === 'string' && Object.hasOwn(failures, status) ? status : undefined
}

function schemaOf({ reply, failures }: AnyCommand, failure: string | undefined): Schema<unknown> {
  return failure === undefined ? reply : (failures[failure] ?? anyAnswer)
}

/** Where the engine has answered, there is no more to rely on. */
const anyAnswer = typebox(Type.Object({ orderID: Uuid }))

/** What all messages have. The order is the saga. */
function frameOf(topic: string, payload: Read, headers: Headers) {
  const { orderID } = payload
  return {
    id: `${topic}/${orderID}`,
    payload,
    sentAt: wholeNumber(headers, 'makegood-sent-at') ?? Date.now(),
    correlationId: orderID,
    sagaId: orderID,
    headers: traceIn(headers),
  }
}

function parsed(text: string): Read {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Read
  } catch (error) {
    throw unreadable('The value is not JSON.', error)
  }
  throw unreadable('The value is not a JSON object.')
}

/** A JSON object; once it was checked, one with the fields of its topic. */
interface Read {
  readonly orderID: string
  readonly status?: unknown
  readonly [field: string]: unknown
}

/** Before a message has an identity: what a stranger has spoiled must not stand for the order that it names. */
function checked(schema: Schema<unknown>, value: Read): Read {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise)
    throw new MakegoodError('DEFINITION_INVALID', 'The schemas of this wire answer at once.')
  if (result.issues === undefined) return value
  const [{ path = [], message } = { message: 'is wrong' }] = result.issues
  throw unreadable(`${path.join('.')}: ${message}.`)
}

function wholeNumber(headers: Headers, name: string): number | undefined {
  const text = headers[name]
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw unreadable(`${name} is not a whole number.`)
  return Number(text)
}

/** Of what travels with a message, the trace goes on. */
function traceIn(headers: Headers): Headers {
  return Object.fromEntries(
    ['traceparent', 'tracestate'].flatMap(name => {
      const text = headers[name]
      return text !== undefined && /^[ -~]{1,512}$/.test(text) ? [[name, text]] : []
    }),
  )
}

function unreadable(what: string, cause?: unknown): MakegoodError {
  return new MakegoodError('MESSAGE_UNREADABLE', `The message cannot be read: ${what}`, { cause })
}
