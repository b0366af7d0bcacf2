import { eventsOf } from '../definition/choreography.ts'
import type { JsonSchema } from '../definition/json-schema.ts'
import { isMessageType, isName } from '../definition/naming.ts'
import { commandsOf } from '../definition/saga.ts'
import { MakegoodError } from '../model/errors.ts'
import type {
  CommandMessage,
  Direction,
  EventMessage,
  Headers,
  Message,
  MessageFrame,
  MessageType,
  ReplyMessage,
  RetryPolicy,
  StepAddress,
} from '../model/message.ts'
import type { Envelope, MessageShape, Queue, Shown, Wire } from '../ports/wire.ts'
import type { Hosted } from './options.ts'
import { depthMax } from './storable.ts'

export interface CloudEventsWireOptions {
  /** The topic exchange. @defaultValue 'makegood' */
  readonly exchange?: string
  /**
   * The services of the system, or as many as are known here: what they host says which queues there are and what is
   * bound to them. A queue has the name of its service.
   */
  readonly services: readonly HostingService[]
}

export interface HostingService {
  readonly name: string
  readonly hosts: readonly Hosted<never>[]
}

/**
 * The wire of a system that has none of its own: CloudEvents 1.0 in binary mode, attributes in headers, payload in the
 * body as JSON.
 *
 * | address | is | bound by the service that hosts |
 * |---|---|---|
 * | `saga.{sagaId}.command.{service}.{action}` | a command, also the one that closes it | its handler |
 * | `saga.{sagaId}.event.{service}.{action}.{succeeded or failed}` | the reply to it | a saga that sends it |
 * | `event.{service}.{action}` | an event | a reaction to it, or a saga that starts on it |
 *
 * Attributes are written `ce-{name}`, as CloudEvents does it for HTTP; its binding for AMQP is one for AMQP 1.0 and
 * writes `cloudEvents:{name}`, which is no name for the headers of AMQP 0.9.1. Headers of the user's travel beside
 * them under their own names, so that `traceparent` is where every tracer looks for it.
 *
 * @throws MakegoodError `HOSTS_INVALID` if two services host a handler for one command.
 */
export function cloudEventsWire({ exchange = 'makegood', services }: CloudEventsWireOptions): Wire {
  checkHandlers(services)
  const queues = services.map(queueFor).filter(queue => queue.bindings.length > 0)
  return {
    topology: { exchange, queues },
    queueOf: service => queues.find(queue => queue.service === service),
    encode,
    decode,
    canClose: true,
    shown,
  }
}

// ── Queues ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function checkHandlers(services: readonly HostingService[]): void {
  const hostOf = new Map<string, string>()
  for (const { name, hosts } of services) {
    for (const hosted of hosts) {
      if (hosted.kind !== 'handler') continue
      const { type } = hosted.command
      const other = hostOf.get(type)
      if (other !== undefined && other !== name) {
        throw new MakegoodError('HOSTS_INVALID', `Both ${other} and ${name} host a handler for the command ${type}.`)
      }
      hostOf.set(type, name)
    }
  }
}

function queueFor({ name, hosts }: HostingService): Queue {
  const bindings = [...new Set(hosts.flatMap(bindingsOf))]
  const inOrder = hosts.some(hosted => hosted.kind === 'reaction' && hosted.inOrder === true)
  return { name, service: name, bindings, deadLetters: `${name}.dead-letter`, ...(inOrder ? { inOrder } : {}) }
}

function bindingsOf(hosted: Hosted<never>): string[] {
  switch (hosted.kind) {
    case 'handler':
      return [`saga.*.command.${hosted.command.type}`]
    case 'reaction':
      return [`event.${hosted.event.type}`]
    case 'saga':
      return [
        ...commandsOf(hosted).map(({ type }) => `saga.*.event.${type}.*`),
        ...(hosted.startsOn === undefined ? [] : [`event.${hosted.startsOn.event.type}`]),
      ]
    case 'tracker':
      return eventsOf(hosted.choreography).map(({ type }) => `event.${type}`)
    case 'choreography':
      return []
  }
}

// ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

function encode(message: Message): Envelope {
  const envelope = {
    id: message.id,
    address: addressOf(message, word(message.sagaId ?? '')),
    /** An event without readers is a fact that nobody asked for; commands and replies somebody waits for. */
    mandatory: message.kind !== 'event',
    headers: { ...carriedOut(message.headers), ...attributesOf(message) },
    body: JSON.stringify(message.payload) ?? '',
  }
  if (message.kind === 'event' && message.key !== undefined) return { ...envelope, key: message.key, inOrder: true }
  return message.sagaId === undefined ? envelope : { ...envelope, key: message.sagaId }
}

function addressOf(message: Message | MessageShape, saga: string): string {
  switch (message.kind) {
    case 'command':
      return `saga.${saga}.command.${message.type}`
    case 'reply':
      return `saga.${saga}.event.${message.type}.${resultOf(message)}`
    case 'event':
      return `event.${message.type}`
  }
}

/** Whatever an id may be made of, in an address it is one word, and not a long one. */
function word(id: string): string {
  return id.replaceAll(/[^\w-]/g, '_').slice(0, 64)
}

function resultOf({ failure }: Pick<ReplyMessage, 'failure'>): 'succeeded' | 'failed' {
  return failure === undefined ? 'succeeded' : 'failed'
}

function typeOf(message: Message | MessageShape): string {
  return message.kind === 'reply' ? `${message.type}.${resultOf(message)}` : message.type
}

const failureHeader = 'makegood-failure'
/** A transport sets it where the bytes of a body were no text. */
const garbledHeader = 'makegood-unreadable'

function attributesOf(message: Message): Record<string, string> {
  const attributes: Record<string, string> = {
    'ce-specversion': '1.0',
    'ce-id': message.id,
    'ce-type': typeOf(message),
    'ce-source': message.source,
    'ce-time': new Date(message.sentAt).toISOString(),
    'ce-kind': message.kind,
    'ce-correlationid': message.correlationId,
  }
  if (message.causationId !== undefined) attributes['ce-causationid'] = message.causationId
  if (message.sagaId !== undefined) attributes['ce-sagaid'] = message.sagaId
  if (message.kind === 'event') {
    if (message.key !== undefined) attributes['ce-partitionkey'] = message.key
    return attributes
  }
  attributes['ce-sagastep'] = message.step
  attributes['ce-direction'] = message.direction
  attributes['ce-attempt'] = String(message.attempt)
  if (message.kind === 'command') {
    attributes['ce-firstsentat'] = String(message.firstSentAt)
    attributes['ce-stepfirstsentat'] = String(message.stepFirstSentAt)
    attributes['ce-stepsucceeded'] = String(message.stepSucceeded)
    attributes['ce-retry'] = retryText(message.retry)
  } else if (message.failure !== undefined) {
    attributes[failureHeader] = message.failure
  }
  return attributes
}

/** Four numbers: how many attempts (`-` is any number), for how long, the first pause, the longest pause. */
function retryText({ attempts, forMs, firstDelayMs, delayMsMax }: RetryPolicy): string {
  return `${attempts ?? '-'} ${forMs} ${firstDelayMs} ${delayMsMax}`
}

// ── For documents ───────────────────────────────────────────────────────────────────────────────────────────────────

function shown(message: MessageShape): Shown {
  const { required, optional = {} } = headersOf(message)
  return {
    name: nameOf(message),
    address: addressOf(message, '{sagaId}'),
    headers: { type: 'object', required: Object.keys(required), properties: { ...required, ...optional } },
    body: message.payload,
  }
}

/** That a step is closed, and each failure, have a name of their own: they say other things in their headers. */
function nameOf(message: MessageShape): string {
  const { kind, type } = message
  if (kind === 'event') return type
  const asked = message.direction === 'close' ? `${type}.close` : type
  if (kind === 'command') return asked
  return [asked, resultOf(message), ...(message.failure === undefined ? [] : [message.failure])].join('.')
}

interface HeaderSchemas {
  readonly required: { readonly [name: string]: JsonSchema }
  readonly optional?: { readonly [name: string]: JsonSchema }
}

function headersOf(message: MessageShape): HeaderSchemas {
  const all = {
    'ce-specversion': { const: '1.0' },
    'ce-id': { type: 'string', minLength: 1, maxLength: 200 },
    'ce-kind': { const: message.kind },
    'ce-type': { const: typeOf(message) },
    'ce-source': plainText,
    'ce-time': { type: 'string', format: 'date-time' },
    'ce-correlationid': plainText,
  }
  const cause = { 'ce-causationid': plainText }
  if (message.kind === 'event')
    return { required: all, optional: { ...cause, 'ce-sagaid': plainText, 'ce-partitionkey': plainText } }
  const addressed = {
    ...all,
    'ce-sagaid': plainText,
    'ce-sagastep': plainText,
    'ce-direction': { const: message.direction },
    'ce-attempt': digits,
  }
  if (message.kind === 'command') {
    const asks = {
      'ce-firstsentat': digits,
      'ce-stepfirstsentat': digits,
      'ce-stepsucceeded': { enum: ['true', 'false'] },
      'ce-retry': { type: 'string', pattern: retryPattern.source },
    }
    return { required: { ...addressed, ...asks }, optional: cause }
  }
  const { failure } = message
  return {
    required: failure === undefined ? addressed : { ...addressed, [failureHeader]: { const: failure } },
    optional: cause,
  }
}

// ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function decode({ headers, body }: Envelope): Message {
  const garbled = headers[garbledHeader]
  if (garbled !== undefined) throw new MakegoodError('MESSAGE_UNREADABLE', garbled)
  const attributes = new Attributes(headers)
  attributes.oneOf('specversion', ['1.0'])
  const frame = {
    id: attributes.text('id'),
    source: attributes.text('source'),
    payload: payloadIn(body),
    sentAt: attributes.time('time'),
    correlationId: attributes.text('correlationid'),
    causationId: attributes.optionalText('causationid'),
    headers: carriedIn(headers),
  }
  switch (attributes.oneOf('kind', ['command', 'reply', 'event'])) {
    case 'command':
      return commandIn(attributes, frame)
    case 'reply':
      return replyIn(attributes, frame)
    case 'event':
      return eventIn(attributes, frame)
  }
}

type Frame = Omit<MessageFrame, 'type'>

function commandIn(attributes: Attributes, frame: Frame): CommandMessage {
  return {
    kind: 'command',
    ...frame,
    type: attributes.messageType(attributes.text('type')),
    ...stepIn(attributes),
    firstSentAt: attributes.integer('firstsentat'),
    stepFirstSentAt: attributes.integer('stepfirstsentat'),
    stepSucceeded: attributes.oneOf('stepsucceeded', ['true', 'false']) === 'true',
    retry: retryIn(attributes.text('retry')),
  }
}

function replyIn(attributes: Attributes, frame: Frame): ReplyMessage {
  const [, type = '', result = ''] = /^(.*)\.(succeeded|failed)$/.exec(attributes.text('type')) ?? []
  const failure = attributes.failure()
  if ((result === 'failed') !== (failure !== undefined)) {
    throw unreadable(
      `A reply whose header ce-type ends in failed names its failure in ${failureHeader}, and no other does`,
    )
  }
  return { kind: 'reply', ...frame, type: attributes.messageType(type), ...stepIn(attributes), failure }
}

function eventIn(attributes: Attributes, frame: Frame): EventMessage {
  const type = attributes.messageType(attributes.text('type'))
  return {
    kind: 'event',
    ...frame,
    type,
    sagaId: attributes.optionalText('sagaid'),
    key: attributes.optionalText('partitionkey'),
  }
}

function stepIn(attributes: Attributes): StepAddress {
  return {
    sagaId: attributes.text('sagaid'),
    step: attributes.name('sagastep'),
    direction: attributes.oneOf<Direction>('direction', ['forward', 'compensation', 'close']),
    attempt: attributes.integer('attempt', 1),
  }
}

const retryPattern = /^(-|[1-9]\d{0,3}) (\d{1,12}) (\d{1,12}) (\d{1,12})$/

function retryIn(text: string): RetryPolicy {
  const [, attempts, forMs, firstDelayMs, delayMsMax] = retryPattern.exec(text) ?? []
  if (attempts === undefined) throw unreadable('The header ce-retry is not four numbers')
  return {
    attempts: attempts === '-' ? undefined : Number(attempts),
    forMs: Number(forMs),
    firstDelayMs: Number(firstDelayMs),
    delayMsMax: Number(delayMsMax),
  }
}

/** CloudEvents attributes, each checked as it is taken: what comes from a broker can be anything. */
class Attributes {
  readonly #headers: Headers

  constructor(headers: Headers) {
    this.#headers = headers
  }

  text(name: string): string {
    const text = this.optionalText(name)
    if (text === undefined) throw unreadable(`The header ce-${name} is missing`)
    return text
  }

  optionalText(name: string): string | undefined {
    const text = this.#headers[`ce-${name}`]
    if (text !== undefined && !isPlain(text)) {
      throw unreadable(`The header ce-${name} is not 1 to ${textMax} characters of plain text`)
    }
    return text
  }

  name(name: string): string {
    const text = this.text(name)
    if (!isName(text)) throw unreadable(`The header ce-${name} is not a name: ${text}`)
    return text
  }

  messageType(text: string): MessageType {
    if (!isMessageType(text)) throw unreadable('The header ce-type is not `service.action`')
    return text
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const text = this.text(name)
    const choice = choices.find(choice => choice === text)
    if (choice === undefined) throw unreadable(`The header ce-${name} is ${text}, and not ${choices.join(' or ')}`)
    return choice
  }

  integer(name: string, from = 0): number {
    const text = this.text(name)
    const value = Number(text)
    if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value) || value < from) {
      throw unreadable(`The header ce-${name} is ${text}, and not a whole number from ${from}`)
    }
    return value
  }

  time(name: string): number {
    const text = this.text(name)
    const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN
    if (Number.isNaN(at)) throw unreadable(`The header ce-${name} is ${text}, and not a time`)
    return at
  }

  failure(): string | undefined {
    const code = this.#headers[failureHeader]
    if (code !== undefined && !isName(code))
      throw unreadable(`The header ${failureHeader} is not the name of a failure`)
    return code
  }
}

const textMax = 256

/** The same, for documents. */
const plainText = { type: 'string', minLength: 1, maxLength: textMax }
const digits = { type: 'string', pattern: '^\\d{1,16}$' }

/** No control characters and no halves of characters: databases refuse them in text, logs and headers suffer. */
function isPlain(text: string): boolean {
  return text.length > 0 && text.length <= textMax && /^[^\p{Cc}\p{Cs}]*$/u.test(text)
}

function payloadIn(body: string): unknown {
  if (body === '') return undefined
  let payload: unknown
  try {
    payload = JSON.parse(body)
  } catch (error) {
    throw unreadable('The body is not JSON', error)
  }
  checkKeepable(payload, 0, 'The body')
  return payload
}

/** What a database cannot keep as JSON, or what would exhaust the stack of whoever writes it out again. */
function checkKeepable(value: unknown, depth: number, what: string): void {
  if (depth > depthMax) throw unreadable(`${what} is nested more than ${depthMax} deep`)
  if (typeof value === 'string') {
    if (/[\0\p{Cs}]/u.test(value)) throw unreadable(`${what} contains U+0000 or half a character`)
  } else if (Array.isArray(value)) {
    for (const item of value) checkKeepable(item, depth + 1, what)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      checkKeepable(key, depth, what)
      checkKeepable(item, depth + 1, what)
    }
  }
}

function unreadable(what: string, cause?: unknown): MakegoodError {
  return new MakegoodError('MESSAGE_UNREADABLE', `${what}.`, cause === undefined ? {} : { cause })
}

// ── The user's headers ──────────────────────────────────────────────────────────────────────────────────────────────

/** A header of the user's that has a name like ours is carried under another. */
const carried = 'makegood-carried-'
const ours = /^(ce-|makegood-)/

function carriedOut(headers: Headers): Headers {
  const names = Object.keys(headers)
  if (!names.some(name => ours.test(name))) return headers
  return Object.fromEntries(names.map(name => [ours.test(name) ? carried + name : name, headers[name] ?? '']))
}

function carriedIn(headers: Headers): Headers {
  const own = Object.entries(headers).flatMap(([name, value]) => {
    if (name.startsWith(carried)) return [[name.slice(carried.length), value] as const]
    return ours.test(name) ? [] : [[name, value] as const]
  })
  checkKeepable(own, 0, 'A header')
  return Object.fromEntries(own)
}
