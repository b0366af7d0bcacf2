import { createHash } from 'node:crypto'
import { type Choreography, eventsOf } from '../definition/choreography.ts'
import type { Command } from '../definition/message.ts'
import type { Handler, Reaction } from '../definition/participant.ts'
import type { Saga } from '../definition/saga.ts'
import { type Schema, validate } from '../definition/schema.ts'
import { MakegoodError, textOf } from '../model/errors.ts'
import { isEngineFailure } from '../model/failure.ts'
import type { CommandMessage, EventMessage, Message, ReplyMessage } from '../model/message.ts'
import type { Envelope } from '../ports/wire.ts'
import type { Engine } from './engine.ts'
import { checkStorable } from './storable.ts'

/** What an envelope turns out to be to this service. Payloads are those that their schema put out. */
export type Reading =
  | { readonly kind: 'command'; readonly message: CommandMessage; readonly handler: Handler<unknown> }
  | { readonly kind: 'reply'; readonly message: ReplyMessage }
  | {
      readonly kind: 'event'
      readonly message: EventMessage
      readonly reactions: readonly Reaction<unknown>[]
      readonly starts: readonly Saga[]
      /** Those that are followed, and that it belongs to. */
      readonly tracked: readonly Choreography[]
    }
  /** A message of this wire that nothing here reads: a process of another version may (protocol, rule 22). */
  | { readonly kind: 'stranger'; readonly message: Message }
  | { readonly kind: 'unreadable'; readonly message: Message | undefined; readonly reason: string }

/** Decodes and validates. Never throws: what cannot be read says so. */
export async function read(engine: Engine, envelope: Envelope): Promise<Reading> {
  const bytes = Buffer.byteLength(envelope.body)
  const { payloadBytesMax } = engine.limits
  if (bytes > payloadBytesMax)
    return unreadable(undefined, `MESSAGE_TOO_LARGE: ${bytes} bytes, and at most ${payloadBytesMax} are read.`)
  try {
    const message = engine.wire.decode(envelope)
    checkStorable(message)
    return await readMessage(engine, message)
  } catch (error) {
    const code = error instanceof MakegoodError ? error.code : 'MESSAGE_UNREADABLE'
    return unreadable(undefined, `${code}: ${textOf(error)}`)
  }
}

/** Of the payload: the same identity with another one is not the same message (protocol, rule 4). */
export function digestOf(envelope: Envelope, reading: Reading): string {
  return digest(reading.message === undefined ? envelope.body : payloadText(reading.message))
}

/**
 * Of the payload before its schema has read it: what a release has noted whose schema left it as it was, and this one's
 * does not any more.
 */
export function digestAsSent({ wire }: Engine, envelope: Envelope): string | undefined {
  try {
    return digest(payloadText(wire.decode(envelope)))
  } catch {
    return undefined // Nobody can read it, and its body was compared.
  }
}

function digest(text: string): string {
  return createHash('sha1').update(text).digest('base64')
}

/** Also shows that the payload can be written down: what is nested too deeply cannot. */
function payloadText({ payload }: Message): string {
  return JSON.stringify(payload) ?? ''
}

function readMessage(engine: Engine, message: Message): Promise<Reading> {
  payloadText(message)
  switch (message.kind) {
    case 'command':
      return readCommand(engine, message)
    case 'reply':
      return readReply(engine, message)
    case 'event':
      return readEvent(engine, message)
  }
}

async function readCommand(engine: Engine, message: CommandMessage): Promise<Reading> {
  const handler = engine.hosted.handlers.get(message.type)
  if (handler === undefined) return { kind: 'stranger', message }
  if (message.direction === 'close') return { kind: 'command', message, handler }
  const read = await validated(handler.command.payload, message)
  return typeof read === 'string' ? unreadable(message, read) : { kind: 'command', message: read, handler }
}

async function readReply(engine: Engine, message: ReplyMessage): Promise<Reading> {
  const command = engine.hosted.commands.get(message.type)
  if (command === undefined) return { kind: 'stranger', message }
  const schema = schemaOfReply(command, message)
  if (schema === undefined)
    return unreadable(message, `MESSAGE_UNREADABLE: ${message.type} declares no failure ${message.failure}.`)
  const read = schema === 'any' ? message : await validated(schema, message)
  return typeof read === 'string' ? unreadable(message, read) : { kind: 'reply', message: read }
}

/** What a compensation replies is kept by nobody; that it did is all that counts. */
function schemaOfReply(command: Command, { failure, direction }: ReplyMessage): Schema<unknown> | 'any' | undefined {
  if (failure === undefined) return direction === 'compensation' ? 'any' : command.reply
  if (isEngineFailure(failure)) return 'any'
  const declared = command.failures as { readonly [code: string]: Schema<unknown> }
  return Object.hasOwn(declared, failure) ? declared[failure] : undefined
}

async function readEvent(engine: Engine, message: EventMessage): Promise<Reading> {
  const reactions = engine.hosted.reactions.get(message.type) ?? []
  const starts = engine.hosted.starts.get(message.type) ?? []
  const tracked = engine.hosted.trackedOn.get(message.type) ?? []
  const told = tracked.flatMap(eventsOf).find(({ type }) => type === message.type)
  const schema = (reactions[0]?.event ?? starts[0]?.startsOn?.event ?? told)?.payload
  if (schema === undefined) return { kind: 'stranger', message }
  const read = await validated(schema, message)
  if (typeof read === 'string') return unreadable(message, read)
  return { kind: 'event', message: read, reactions, starts, tracked }
}

async function validated<M extends Message>(schema: Schema<unknown>, message: M): Promise<M | string> {
  const result = await validate(schema, message.payload)
  return result.issues !== undefined
    ? `PAYLOAD_INVALID: ${message.type}: ${result.issues}`
    : { ...message, payload: result.value }
}

function unreadable(message: Message | undefined, reason: string): Reading {
  return { kind: 'unreadable', message, reason }
}
