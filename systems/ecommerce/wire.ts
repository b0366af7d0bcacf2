/**
 * The documented wire: one topic exchange, routing keys `saga.<sending service>.<event type>`, one JSON envelope.
 *
 * What the page does not carry (step, attempt, retry policy, failure code) travels in headers `makegood-*`. A message
 * without them, from a sender that follows the page alone, is read by its event type.
 */
import {
  type CommandMessage,
  type Direction,
  type Envelope,
  type EventMessage,
  type Headers,
  type JsonSchema,
  MakegoodError,
  type Message,
  type MessageShape,
  type MessageType,
  type Queue,
  type ReplyMessage,
  type RetryPolicy,
  type Shown,
  type Wire,
} from 'makegood'
import { unstorable } from './text.ts'

export const services = {
  orders: 'order-service',
  payments: 'payment-service',
  inventory: 'inventory-service',
  shipping: 'shipping-service',
  notifications: 'notification-service',
  orchestrator: 'saga-orchestrator',
} as const

/** What the orchestrator asks, of whom, and the two answers there are to it. */
const commands: readonly Asked[] = [
  asked('payment', 'forward', services.payments, 'payment.process', 'payment.processed', 'payment.failed'),
  asked('payment', 'compensation', services.payments, 'payment.refund', 'payment.refunded', 'payment.refund.failed'),
  asked('inventory', 'forward', services.inventory, 'inventory.reserve', 'inventory.reserved', 'inventory.failed'),
  asked(
    'inventory',
    'compensation',
    services.inventory,
    'inventory.release',
    'inventory.released',
    'inventory.release.failed',
  ),
  asked('shipping', 'forward', services.shipping, 'shipping.create', 'shipping.created', 'shipping.failed'),
  asked(
    'shipping',
    'compensation',
    services.shipping,
    'shipping.cancel',
    'shipping.cancelled',
    'shipping.cancel.failed',
  ),
  asked(
    'notification',
    'forward',
    services.notifications,
    'notification.send',
    'notification.sent',
    'notification.failed',
  ),
]

const events: readonly Told[] = [
  { type: 'order.created', from: services.orders, to: services.orchestrator },
  { type: 'order.completed', from: services.orchestrator, to: services.orders },
  { type: 'order.cancelled', from: services.orchestrator, to: services.orders },
]

export function documentedWire(exchange: string): Wire {
  const queues = Object.values(services).map(queueFor)
  return {
    topology: { exchange, queues },
    queueOf: service => queues.find(queue => queue.service === service),
    encode,
    decode,
    canClose: false,
    shown,
  }
}

interface Asked {
  readonly step: string
  readonly direction: Direction
  readonly service: string
  readonly command: MessageType
  readonly succeeded: MessageType
  readonly failed: MessageType
}

interface Told {
  readonly type: MessageType
  readonly from: string
  readonly to: string
}

function asked(
  step: string,
  direction: Direction,
  service: string,
  command: MessageType,
  succeeded: MessageType,
  failed: MessageType,
): Asked {
  return { step, direction, service, command, succeeded, failed }
}

function queueFor(service: string): Queue {
  const name = `${service}-queue`
  return { name, service, bindings: bindingsOf(service), deadLetters: `${name}.dead-letter` }
}

/** Exact keys: a pattern of the documented three words would match none of the four-word ones. */
function bindingsOf(service: string): string[] {
  const answers = service === services.orchestrator ? commands : []
  return [
    ...commands.filter(to => to.service === service).map(({ command }) => routingKey(services.orchestrator, command)),
    ...answers.flatMap(by => [routingKey(by.service, by.succeeded), routingKey(by.service, by.failed)]),
    ...events.filter(event => event.to === service).map(event => routingKey(event.from, event.type)),
  ]
}

function routingKey(sender: string, eventType: string): string {
  return `saga.${sender}.${eventType}`
}

// ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The documented body. */
interface Body {
  readonly id: string
  readonly saga_id: string
  readonly order_id: string
  readonly event_type: string
  readonly payload: unknown
  readonly timestamp: string
  readonly service: string
  readonly correlation_id: string
}

function encode(message: Message): Envelope {
  const body: Body = {
    id: message.id,
    saga_id: message.sagaId ?? message.correlationId,
    order_id: message.headers['order_id'] ?? orderIn(message.payload),
    event_type: eventTypeOf(message),
    payload: (message.kind === 'reply' ? answered(message) : message.payload) ?? null,
    timestamp: new Date(message.sentAt).toISOString(),
    service: message.source,
    correlation_id: message.correlationId,
  }
  const { saga_id, order_id, correlation_id, service, event_type } = body
  return {
    id: message.id,
    address: routingKey(message.source, event_type),
    mandatory: true,
    headers: {
      ...message.headers,
      ...beyondThePage(message),
      saga_id,
      order_id,
      correlation_id,
      service,
      event_type,
    },
    body: JSON.stringify(body),
  }
}

/** The order is known from the start, by the event that begins the saga; from then on its id travels as a header. */
function orderIn(payload: unknown): string {
  if (!isRecord(payload)) return ''
  if (isRecord(payload['order'])) return String(payload['order']['id'])
  return String(payload['order_id'] ?? '')
}

function eventTypeOf(message: Message | MessageShape): MessageType {
  if (message.kind !== 'reply') return message.type
  const { succeeded, failed } = askedBy(message.type)
  return message.failure === undefined ? succeeded : failed
}

function askedBy(command: string): Asked {
  const asked = commands.find(known => known.command === command)
  if (asked === undefined) throw new MakegoodError('DEFINITION_INVALID', `The wire has no name for ${command}.`)
  return asked
}

/** Every documented failure has a reason; one that the engine answers with has its code at least. */
function answered({ failure, payload }: ReplyMessage): unknown {
  if (failure === undefined) return payload
  return { reason: `The request could not be processed (${failure})`, ...(isRecord(payload) ? payload : {}) }
}

function beyondThePage(message: Message): Headers {
  const { causationId } = message
  const all: Headers = causationId === undefined ? {} : { 'makegood-causation': causationId }
  if (message.kind === 'event') return all
  const addressed: Headers = {
    ...all,
    'makegood-step': message.step,
    'makegood-direction': message.direction,
    'makegood-attempt': String(message.attempt),
  }
  if (message.kind === 'reply') {
    return message.failure === undefined ? addressed : { ...addressed, 'makegood-failure': message.failure }
  }
  return {
    ...addressed,
    'makegood-first-sent-at': String(message.firstSentAt),
    'makegood-step-first-sent-at': String(message.stepFirstSentAt),
    'makegood-step-succeeded': String(message.stepSucceeded),
    'makegood-retry': JSON.stringify(message.retry),
  }
}

// ── For documents ───────────────────────────────────────────────────────────────────────────────────────────────────

function shown(message: MessageShape): Shown {
  const event_type = eventTypeOf(message)
  const from = senderOf(message)
  const about = { saga_id: uuidText, order_id: uuidText, correlation_id: text }
  const kind = { service: { const: from }, event_type: { const: event_type } }
  const body = { id: text, ...about, ...kind, payload: payloadOf(message), timestamp: time }
  return {
    name: event_type,
    address: routingKey(from, event_type),
    from,
    headers: objectOf({ ...about, ...kind }),
    body: objectOf(body),
  }
}

function senderOf({ kind, type }: MessageShape): string {
  switch (kind) {
    case 'command':
      return services.orchestrator
    case 'reply':
      return askedBy(type).service
    case 'event':
      return events.find(event => event.type === type)?.from ?? services.orchestrator
  }
}

function payloadOf(message: MessageShape): JsonSchema {
  const { payload } = message
  if (message.kind !== 'reply' || message.failure === undefined) return payload ?? { type: 'null' }
  const withReason = objectOf({ reason: text })
  return payload === undefined ? withReason : { allOf: [payload, withReason] }
}

const text = { type: 'string', minLength: 1 }
const uuidText = { type: 'string', format: 'uuid' }
const time = { type: 'string', format: 'date-time' }

function objectOf(properties: { readonly [name: string]: JsonSchema }): JsonSchema {
  return { type: 'object', required: Object.keys(properties), properties }
}

// ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function decode({ body: text, headers }: Envelope): Message {
  const body = readBody(text)
  const frame: Frame = {
    id: body.id,
    source: body.service,
    payload: body.payload ?? undefined,
    sentAt: Date.parse(body.timestamp),
    correlationId: body.correlation_id,
    causationId: headers['makegood-causation'],
    headers: { ...travelling(headers), order_id: body.order_id },
  }
  const { saga_id: sagaId, event_type: type } = body

  const told = events.find(event => event.type === type)
  if (told !== undefined) return { ...frame, kind: 'event', type: told.type, sagaId }

  const ask = commands.find(ask => ask.command === type)
  if (ask !== undefined) return command(frame, sagaId, ask, headers)

  const answer = commands.find(ask => ask.succeeded === type || ask.failed === type)
  if (answer !== undefined) return reply(frame, sagaId, answer, type === answer.failed, headers)

  throw unreadable(`event_type is ${JSON.stringify(type.slice(0, 100))}, which nobody here knows`)
}

/** What all messages have. */
type Frame = Omit<EventMessage, 'kind' | 'type' | 'sagaId'>

function command(frame: Frame, sagaId: string, asked: Asked, headers: Headers): CommandMessage {
  const address = addressOf(asked, headers)
  const payload = isRecord(frame.payload) ? { order_id: frame.headers['order_id'], ...frame.payload } : frame.payload
  return {
    ...frame,
    ...address,
    attempt: address.attempt ?? 1,
    kind: 'command',
    type: asked.command,
    sagaId,
    // The page's compensations leave the order to the envelope; the handlers find their row by it.
    payload: asked.direction === 'compensation' ? payload : frame.payload,
    firstSentAt: wholeNumber(headers, 'makegood-first-sent-at') ?? frame.sentAt,
    stepFirstSentAt: wholeNumber(headers, 'makegood-step-first-sent-at') ?? frame.sentAt,
    stepSucceeded: oneOf(headers, 'makegood-step-succeeded', ['true', 'false']) !== 'false',
    retry: retryIn(headers) ?? (address.direction === 'forward' ? untilTried : untilDone),
  }
}

function reply(frame: Frame, sagaId: string, asked: Asked, failed: boolean, headers: Headers): ReplyMessage {
  const code = headers['makegood-failure']
  if (!failed && code !== undefined) throw unreadable(`makegood-failure is ${code} on an answer that says success`)
  return {
    ...frame,
    ...addressOf(asked, headers),
    kind: 'reply',
    type: asked.command,
    sagaId,
    failure: failed ? (code ?? 'REFUSED') : undefined,
  }
}

/** How a command without a policy of its own is tried again: the defaults of the two directions. */
const untilTried: RetryPolicy = { attempts: 5, forMs: 3_600_000, firstDelayMs: 200, delayMsMax: 30_000 }
const untilDone: RetryPolicy = { attempts: undefined, forMs: 86_400_000, firstDelayMs: 200, delayMsMax: 300_000 }

/** Whoever follows the page alone knows of one attempt. */
function addressOf(
  asked: Asked,
  headers: Headers,
): { step: string; direction: Direction; attempt: number | undefined } {
  return {
    step: headers['makegood-step'] ?? asked.step,
    direction: oneOf(headers, 'makegood-direction', ['forward', 'compensation', 'close']) ?? asked.direction,
    attempt: wholeNumber(headers, 'makegood-attempt'),
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function readBody(text: string): Body {
  const body = parsed(text)
  if (!isRecord(body)) throw unreadable('the body is not a JSON object')
  const spoiled = unstorable(text, body)
  if (spoiled !== undefined) throw unreadable(`${spoiled} holds a character that no database can store`)
  const { payload } = body
  const field = (name: keyof Body): string => {
    const value = body[name]
    if (typeof value === 'string' && value !== '') return value
    throw unreadable(value === undefined ? `${name} is missing` : `${name} is not a text`)
  }
  const id = (name: keyof Body): string => {
    if (uuid.test(field(name))) return field(name)
    throw unreadable(`${name} is not a UUID`)
  }
  if (payload === undefined) throw unreadable('payload is missing')
  if (field('id').length > 200) throw unreadable('id is longer than 200 characters')
  if (Number.isNaN(Date.parse(field('timestamp')))) throw unreadable('timestamp is not a time')
  return {
    id: field('id'),
    saga_id: id('saga_id'),
    order_id: id('order_id'),
    event_type: field('event_type'),
    payload,
    timestamp: field('timestamp'),
    service: field('service'),
    correlation_id: field('correlation_id'),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new MakegoodError('MESSAGE_UNREADABLE', 'The message cannot be read: the body is not JSON.', { cause: error })
  }
}

/** Whatever is neither the page's nor makegood's own travels on with what the message leads to. */
function travelling(headers: Headers): Headers {
  const own = (name: string) => name.startsWith('makegood-') || ownHeaders.has(name)
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own(name)))
}

const ownHeaders: ReadonlySet<string> = new Set(['saga_id', 'correlation_id', 'service', 'event_type'])

function wholeNumber(headers: Headers, name: string): number | undefined {
  const text = headers[name]
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw unreadable(`${name} is not a whole number`)
  return Number(text)
}

function oneOf<Word extends string>(headers: Headers, name: string, words: readonly Word[]): Word | undefined {
  const text = headers[name]
  if (text === undefined) return undefined
  const word = words.find(word => word === text)
  if (word === undefined) throw unreadable(`${name} is none of ${words.join(', ')}`)
  return word
}

function retryIn(headers: Headers): RetryPolicy | undefined {
  const text = headers['makegood-retry']
  if (text === undefined) return undefined
  const retry = parsedHeader(text)
  const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0
  if (!isRecord(retry)) throw unreadable('makegood-retry is not a JSON object')
  const { attempts, forMs, firstDelayMs, delayMsMax } = retry
  if (!isTime(forMs) || !isTime(firstDelayMs) || !isTime(delayMsMax)) throw unreadable('makegood-retry lacks a time')
  if (attempts !== undefined && !isTime(attempts)) throw unreadable('the attempts of makegood-retry are not a number')
  return { attempts, forMs, firstDelayMs, delayMsMax }
}

function parsedHeader(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(what: string): MakegoodError {
  return new MakegoodError('MESSAGE_UNREADABLE', `The message cannot be read: ${what}.`)
}
