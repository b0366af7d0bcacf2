import type { MessageType } from '../model/message.ts'
import { nothing, type Schema } from './schema.ts'

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
}

/** A fact, told to whoever reads it. */
export interface Event<Type extends MessageType = MessageType, Payload = unknown> {
  readonly kind: 'event'
  readonly type: Type
  readonly payload: Schema<Payload>
}

/**
 * Declares a command. A reply or a failure that is left out says nothing more than that it happened.
 *
 * A schema may fill in defaults; what it puts out must be accepted by it again, because that is what travels.
 */
export function command<const Type extends MessageType, Payload, Reply = undefined, Fails = {}>(
  type: Type,
  parts: {
    readonly payload: Schema<Payload>
    readonly reply?: Schema<Reply>
    readonly failures?: { readonly [Code in keyof Fails]: Schema<Fails[Code]> }
  },
): Command<Type, Payload, Reply, Fails> {
  return Object.freeze({
    kind: 'command',
    type,
    payload: parts.payload,
    reply: parts.reply ?? (nothing as Schema<never>),
    failures: Object.freeze({ ...parts.failures }) as { readonly [Code in keyof Fails]: Schema<Fails[Code]> },
  })
}

/** The service a command is for, or an event comes from: the first word of its type. */
export function serviceOf(type: MessageType): string {
  return type.slice(0, type.indexOf('.'))
}

/** Declares an event. */
export function event<const Type extends MessageType, Payload>(
  type: Type,
  parts: { readonly payload: Schema<Payload> },
): Event<Type, Payload> {
  return Object.freeze({ kind: 'event', type, payload: parts.payload })
}
