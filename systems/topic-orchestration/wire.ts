/**
 * The documented wire: the topic exchange `SAGA_EXCHANGE`, what is asked and answered in the routing key, and one JSON
 * envelope. What makegood wants to know beyond the page travels in headers; a message without them, from somebody who
 * follows the page alone, is read just as well.
 */
import {
  type CommandMessage,
  type Direction,
  type Envelope,
  type Headers,
  isEngineFailure,
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
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'

export const services = { user: 'user', product: 'product', order: 'order', orchestrator: 'orchestrator' } as const

const exchange = 'SAGA_EXCHANGE'

/** What the orchestrator asks: the step, and how service, action and direction are called on the wire. */
const asked: readonly Asked[] = [
  { step: 'create_order', type: 'order.create', service: 'order', action: 'create', compensating: false },
  { step: 'create_order', type: 'order.fail', service: 'order', action: 'update_status', compensating: true },
  { step: 'check_stock', type: 'product.check_stock', service: 'product', action: 'check_stock', compensating: false },
  { step: 'check_balance', type: 'user.check_balance', service: 'user', action: 'check_balance', compensating: false },
  {
    step: 'update_balance',
    type: 'user.update_balance',
    service: 'user',
    action: 'update_balance',
    compensating: false,
  },
  { step: 'update_balance', type: 'user.refund', service: 'user', action: 'update_balance', compensating: true },
  {
    step: 'update_stock',
    type: 'product.update_stock',
    service: 'product',
    action: 'update_stock',
    compensating: false,
  },
  { step: 'update_stock', type: 'product.restock', service: 'product', action: 'update_stock', compensating: true },
  { step: 'update_order', type: 'order.update_status', service: 'order', action: 'update_status', compensating: false },
]

interface Asked {
  readonly step: string
  readonly type: MessageType
  readonly service: string
  readonly action: string
  readonly compensating: boolean
}

const queues: readonly Queue[] = Object.values(services).map(service => ({
  name: queueName(service),
  service,
  bindings: [service === services.orchestrator ? 'saga.*.event.*.*.*' : `saga.*.command.${service}.*`],
  deadLetters: `${queueName(service)}.dead-letter`,
}))

export const documentedWire: Wire = {
  topology: { exchange, queues },
  queueOf: service => queues.find(queue => queue.service === service),
  encode,
  decode,
  canClose: false,
  shown,
}

function queueName(service: string): string {
  return `saga.${service}`
}

type Result = 'success' | 'failed'

/** The order is not asked for on the exchange: the orchestrator tells itself to call the order service. */
function isOwnWork({ type }: Asked): boolean {
  return type === 'order.create'
}

function addressOf(ask: Asked, sagaId: string, result: Result | undefined): string {
  if (isOwnWork(ask)) return queueName(services.orchestrator)
  const of = `${ask.service}.${ask.action}`
  return result === undefined ? `saga.${sagaId}.command.${of}` : `saga.${sagaId}.event.${of}.${result}`
}

// ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

function encode(message: Message): Envelope {
  if (message.kind === 'event') throw unnamed(message)
  const ask = askedBy(message)
  const { id, sagaId, sentAt } = message
  const correlationId = correlationFor(message)
  const { service, action, compensating } = ask
  const result = resultOf(message)
  const body = {
    sagaId,
    correlationId,
    payload: message.kind === 'command' ? message.payload : answered(message),
    timestamp: message.kind === 'command' ? new Date(sentAt).toISOString() : String(sentAt / 1_000),
    service,
    action,
    compensating,
    ...(result === undefined ? {} : { result }),
  }
  return {
    id,
    correlationId,
    address: addressOf(ask, sagaId, result),
    ...(isOwnWork(ask) ? { direct: true } : {}),
    mandatory: true,
    headers: { ...message.headers, ...beyondThePage(message) },
    body: JSON.stringify(body),
  }
}

/**
 * The page names no attempts. But an answer repeats the correlation id of what was asked, and so that tells further ones.
 */
function correlationFor({ correlationId, attempt = 1 }: CommandMessage | ReplyMessage): string {
  return attempt === 1 ? correlationId : `${correlationId}/${attempt}`
}

function askedBy(message: Message | MessageShape): Asked {
  const ask = asked.find(({ type }) => type === message.type)
  if (ask === undefined) throw unnamed(message)
  return ask
}

function unnamed({ kind, type }: Message | MessageShape): MakegoodError {
  return new MakegoodError('DEFINITION_INVALID', `The wire has no name for the ${kind} ${type}.`)
}

function resultOf(message: Message | MessageShape): Result | undefined {
  if (message.kind !== 'reply') return undefined
  return message.failure === undefined ? 'success' : 'failed'
}

/** Every documented failure has a reason; one that the engine answers with has its code at least. */
function answered({ failure, payload }: ReplyMessage): unknown {
  if (failure === undefined) return { status: 'SUCCESS', ...(payload as object | undefined) }
  const reason = `The request could not be processed (${failure})`
  return { status: 'FAILED', reason, ...(payload as object | undefined) }
}

function beyondThePage(message: CommandMessage | ReplyMessage): Headers {
  const { causationId, attempt } = message
  const known = {
    'makegood-attempt': String(attempt),
    ...(causationId === undefined ? {} : { 'makegood-causation': causationId }),
  }
  if (message.kind === 'reply')
    return message.failure === undefined ? known : { ...known, 'makegood-failure': message.failure }
  const { firstSentAt, stepFirstSentAt, stepSucceeded, retry } = message
  return { ...known, 'makegood-asks': JSON.stringify({ firstSentAt, stepFirstSentAt, stepSucceeded, retry }) }
}

// ── For documents ───────────────────────────────────────────────────────────────────────────────────────────────────

function shown(message: MessageShape): Shown {
  const ask = askedBy(message)
  const { service, action, compensating } = ask
  const result = resultOf(message)
  return {
    name: [service, action, ...(compensating ? ['compensating'] : []), ...(result === undefined ? [] : [result])].join(
      '.',
    ),
    address: addressOf(ask, '{sagaId}', result),
    ...(isOwnWork(ask) ? { direct: true } : {}),
    from: result === undefined || isOwnWork(ask) ? services.orchestrator : service,
    body: objectOf({
      sagaId: { type: 'string', pattern: word },
      correlationId: { type: 'string' },
      payload: payloadOf(message, result),
      timestamp: { type: 'string', ...(result === undefined ? { format: 'date-time' } : { pattern: '^[\\d.]+$' }) },
      service: { const: service },
      action: { const: action },
      compensating: { const: compensating },
      ...(result === undefined ? {} : { result: { const: result } }),
    }),
  }
}

function payloadOf({ payload = true }: MessageShape, result: Result | undefined): JsonSchema {
  switch (result) {
    case undefined:
      return payload
    case 'success':
      return { allOf: [payload, objectOf({ status: { const: 'SUCCESS' } })] }
    case 'failed':
      return { allOf: [payload, objectOf({ status: { const: 'FAILED' }, reason: { type: 'string' } })] }
  }
}

function objectOf(properties: { readonly [name: string]: JsonSchema }): JsonSchema {
  return { type: 'object', required: Object.keys(properties), properties }
}

// ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function decode({ id, address, headers, body: text }: Envelope): Message {
  const garbled = headers['makegood-unreadable']
  if (garbled !== undefined) throw unreadable(garbled)
  const body = bodyIn(text)
  const { sagaId, service, action, compensating, result } = body
  const ask = asked.find(
    known => known.service === service && known.action === action && known.compensating === compensating,
  )
  if (ask === undefined) {
    const what = `${compensating ? 'compensating ' : ''}${service}.${action}`
    throw unreadable(`Nobody is asked for ${JSON.stringify(what.slice(0, 100))}.`)
  }
  if (address !== addressOf(ask, sagaId, result)) throw unreadable('The routing key says something else than the body.')
  const direction: Direction = compensating ? 'compensation' : 'forward'
  const frame = {
    type: ask.type,
    sentAt: timeIn(body.timestamp),
    causationId: headers['makegood-causation'],
    headers: travelling(headers),
    ...{ sagaId, step: ask.step, direction },
  }
  const attempt = attemptIn(headers)
  if (result === undefined) {
    const source = services.orchestrator
    const [correlationId] = attempt === undefined ? [body.correlationId] : correlationIn(body.correlationId)
    return {
      ...frame,
      kind: 'command',
      id,
      correlationId,
      attempt: attempt ?? 1,
      source,
      payload: body.payload,
      ...asksIn(headers, ask, frame.sentAt),
    }
  }
  const [correlationId, repeated] = correlationIn(body.correlationId)
  const answered = attempt ?? repeated
  const { status, ...payload } = body.payload
  if (status !== (result === 'success' ? 'SUCCESS' : 'FAILED'))
    throw unreadable('status says something else than result.')
  const failure = result === 'success' ? undefined : (headers['makegood-failure'] ?? 'REFUSED')
  return {
    ...frame,
    kind: 'reply',
    // The page has no message ids: the same answer of the same step is the same message. What the engine answers in the
    // place of a participant is not the participant's answer, which may still come.
    id: isEngineFailure(failure ?? '') ? id : `${sagaId}/${service}.${action}/${direction}/${answered ?? 1}`,
    source: service,
    correlationId,
    attempt: answered,
    payload,
    failure,
  }
}

const word = '^[a-zA-Z0-9_-]{1,64}$'
const Body = Compile(
  Type.Object({
    sagaId: Type.String({ pattern: word }),
    correlationId: Type.String({ minLength: 1, maxLength: 200 }),
    payload: Type.Record(Type.String(), Type.Unknown()),
    timestamp: Type.Union([Type.String({ maxLength: 64 }), Type.Number()]),
    service: Type.String({ pattern: word }),
    action: Type.String({ pattern: word }),
    compensating: Type.Boolean(),
    result: Type.Optional(Type.Enum(['success', 'failed'])),
  }),
)

function bodyIn(text: string): Static<ReturnType<(typeof Body)['Type']>> {
  const body = jsonIn(text, 'The body')
  if (Body.Check(body)) return body
  const [error] = Body.Errors(body)
  throw unreadable(`The body${error?.instancePath.replaceAll('/', '.')} ${error?.message}.`)
}

/** ISO 8601 in what is asked, seconds since 1970 in what is answered; either is read in both. */
function timeIn(timestamp: string | number): number {
  const seconds = Number(timestamp)
  const time = Number.isNaN(seconds) ? Date.parse(String(timestamp)) : seconds * 1_000
  if (Math.abs(time) <= 8.64e15) return time
  throw unreadable('timestamp is not a time.')
}

/** With the attempt, if it is a further one. */
function correlationIn(text: string): readonly [correlationId: string, attempt: number | undefined] {
  const [, correlationId = text, attempt] = /^(.+)\/([1-9]\d{0,8})$/s.exec(text) ?? []
  return [correlationId, attempt === undefined ? undefined : Number(attempt)]
}

function attemptIn(headers: Headers): number | undefined {
  const text = headers['makegood-attempt']
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw unreadable('makegood-attempt is not a whole number from 1.')
}

const Time = Type.Number({ minimum: 0 })
const Asks = Compile(
  Type.Object({
    firstSentAt: Time,
    stepFirstSentAt: Time,
    stepSucceeded: Type.Boolean(),
    retry: Type.Object({
      attempts: Type.Optional(Type.Integer({ minimum: 1 })),
      forMs: Time,
      firstDelayMs: Time,
      delayMsMax: Time,
    }),
  }),
)

/** What belongs to a command beside its payload. */
type Asks = Pick<CommandMessage, 'firstSentAt' | 'stepFirstSentAt' | 'stepSucceeded' | 'retry'>

function asksIn(headers: Headers, { type, compensating }: Asked, sentAt: number): Asks {
  const text = headers['makegood-asks']
  const retry = compensating ? untilDone : untilTried
  if (text === undefined) return { firstSentAt: sentAt, stepFirstSentAt: sentAt, stepSucceeded: true, retry }
  const asks = jsonIn(text, 'makegood-asks')
  if (!Asks.Check(asks)) throw unreadable('makegood-asks is not what makegood sends.')
  return {
    ...asks,
    retry: { ...asks.retry, attempts: asks.retry.attempts },
    // The step that it undoes was a call, which has left nothing in the inbox of the order service.
    stepSucceeded: asks.stepSucceeded || type === 'order.fail',
  }
}

/** How a command without a policy of its own is tried again: the defaults of the two directions. */
const untilTried: RetryPolicy = { attempts: 5, forMs: 3_600_000, firstDelayMs: 200, delayMsMax: 30_000 }
const untilDone: RetryPolicy = { attempts: undefined, forMs: 86_400_000, firstDelayMs: 200, delayMsMax: 300_000 }

/** Whatever is not makegood's own travels on with what the message leads to. */
function travelling(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('makegood-')))
}

function jsonIn(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreadable(`${what} is not JSON.`, error)
  }
}

function unreadable(what: string, cause?: unknown): MakegoodError {
  return new MakegoodError('MESSAGE_UNREADABLE', `The message cannot be read: ${what}`, { cause })
}
