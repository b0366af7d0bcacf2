import { isEngineFailure } from '../model/failure.ts'
import type { MessageType } from '../model/message.ts'
import { freeze } from './freeze.ts'
import { invalid, isMessageType, isName, messageTypeRule, nameRule } from './naming.ts'
import { isSchema, nothing, type Schema } from './schema.ts'

export type { MessageType }

/** The failures a command may be answered with: code → the type of its details. */
export interface Failures {
  readonly [code: string]: unknown
}

/** A request to one service. It is answered by exactly one reply or one of its declared failures. */
export interface Command<Type extends MessageType = MessageType, Payload = unknown, Reply = unknown, Fails = unknown> {
  readonly kind: 'command'
  readonly type: Type
  readonly payload: Schema<Payload>
  readonly reply: Schema<Reply>
  readonly failures: { readonly [Code in keyof Fails]: Schema<Fails[Code]> }
  /** Whether a person may change the payload of one that is a dead letter. */
  readonly editable: boolean
}

/** A fact, told to whoever reads it. */
export interface Event<Type extends MessageType = MessageType, Payload = unknown> {
  readonly kind: 'event'
  readonly type: Type
  readonly payload: Schema<Payload>
  /** Whether a person may change the payload of one that is a dead letter. */
  readonly editable: boolean
}

/**
 * Declares a command. A reply or a failure that is left out says nothing more than that it happened.
 *
 * A schema may fill in defaults; what it puts out must be accepted by it again, because that is what travels.
 *
 * @throws MakegoodError `DEFINITION_INVALID`, naming the command and the rule.
 */
export function command<const Type extends MessageType, Payload, Reply = undefined, Fails = {}>(
  type: Type,
  parts: {
    readonly payload: Schema<Payload>
    readonly reply?: Schema<Reply>
    readonly failures?: { readonly [Code in keyof Fails]: Schema<Fails[Code]> }
    /** Whether a person may change the payload of one that is a dead letter. @defaultValue false */
    readonly editable?: boolean
  },
): Command<Type, Payload, Reply, Fails> {
  const where = `Command ${type}`
  checkType(where, type)
  checkSchema(where, '`payload`', parts.payload)
  if (parts.reply !== undefined) checkSchema(where, '`reply`', parts.reply)
  for (const [code, details] of Object.entries(parts.failures ?? {})) {
    checkFailureCode(`${where}, failure ${code}`, code)
    checkSchema(`${where}, failure ${code}`, 'what stands for the details', details)
  }
  return freeze({
    kind: 'command',
    type,
    payload: parts.payload,
    reply: parts.reply ?? (nothing as Schema<never>),
    failures: { ...parts.failures } as { readonly [Code in keyof Fails]: Schema<Fails[Code]> },
    editable: parts.editable === true,
  })
}

/**
 * Declares an event.
 *
 * @throws MakegoodError `DEFINITION_INVALID`, naming the event and the rule.
 */
export function event<const Type extends MessageType, Payload>(
  type: Type,
  parts: {
    readonly payload: Schema<Payload>
    /** Whether a person may change the payload of one that is a dead letter. @defaultValue false */
    readonly editable?: boolean
  },
): Event<Type, Payload> {
  const where = `Event ${type}`
  checkType(where, type)
  checkSchema(where, '`payload`', parts.payload)
  return freeze({ kind: 'event', type, payload: parts.payload, editable: parts.editable === true })
}

/** The service a command is for, or an event comes from: the first word of its type. */
export function serviceOf(type: MessageType): string {
  return type.slice(0, type.indexOf('.'))
}

function checkType(where: string, type: unknown): void {
  if (!isMessageType(type)) throw invalid(where, messageTypeRule)
}

/** A code travels in a header, and must not be taken for one of the engine's own. */
function checkFailureCode(where: string, code: string): void {
  if (!isName(code)) throw invalid(where, nameRule)
  if (isEngineFailure(code)) throw invalid(where, "this code is the engine's own; choose another")
}

function checkSchema(where: string, what: string, candidate: unknown): void {
  if (!isSchema(candidate)) throw invalid(where, `${what} is a Standard Schema`)
}
