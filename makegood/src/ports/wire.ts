import type { JsonSchema } from '../definition/json-schema.ts'
import type { Direction, Message, MessageType } from '../model/message.ts'

/**
 * Gives messages their names and shape on the broker, and takes them back. A wire belongs to a system, not to the
 * engine: services that share one understand each other, and so does whoever follows its page.
 */
export interface Wire {
  readonly topology: Topology
  /** The queue that this service takes from; undefined for a service that only sends. */
  queueOf(service: string): Queue | undefined
  encode(message: Message): Envelope
  /** @throws MakegoodError `MESSAGE_UNREADABLE`, naming what is wrong with it. */
  decode(envelope: Envelope): Message
  /** Whether participants on this wire can be asked to close a step (protocol, rule 8). */
  readonly canClose: boolean
  /** What `encode` makes of such messages, for documents that others read. A wire without it cannot be documented. */
  shown?(message: MessageShape): Shown
}

/** What messages of one sort have in common: the message, with the schema of its payload in the payload's place. */
export type MessageShape =
  | (PayloadShape & { readonly kind: 'event' })
  | (PayloadShape & { readonly kind: 'command'; readonly direction: Direction })
  | (PayloadShape & { readonly kind: 'reply'; readonly direction: Direction; readonly failure: string | undefined })

interface PayloadShape {
  readonly type: MessageType
  /** Undefined where there is no payload. */
  readonly payload: JsonSchema | undefined
}

/** How such messages look on the broker. */
export interface Shown {
  /** What they are called there. What goes to one address by one name is one kind of message, in one shape or several. */
  readonly name: string
  /** What differs from message to message stands in braces: `saga.{sagaId}.command.payment.charge`. */
  readonly address: string
  /** The address is the name of a queue. */
  readonly direct?: true
  /** The service that sends them. @defaultValue what the definitions say, else the first word of the type */
  readonly from?: string
  /** Those that are there beside the user's own; it need not name what a reader can do without. */
  readonly headers?: JsonSchema
  /** Undefined where it is empty. */
  readonly body: JsonSchema | undefined
}

/** Everything that is to exist on the broker. Every process declares all of it at start (protocol, rule 21). */
export interface Topology {
  /** The topic exchange that all messages are published to. */
  readonly exchange: string
  readonly queues: readonly Queue[]
}

export interface Queue {
  readonly name: string
  readonly service: string
  /** Which addresses it receives: words between dots, `*` for one word, `#` for any number of them. */
  readonly bindings: readonly string[]
  /** Where copies of its dead letters go. */
  readonly deadLetters: string
  /** Where they go instead, by the address of the message: for names that belong to a topic and not to a queue. */
  readonly deadLettersByAddress?: { readonly [address: string]: string }
  /** Read by one process at a time, so that what arrives is handled in its order (protocol, rule 23). @defaultValue false */
  readonly inOrder?: boolean
}

/** Where a copy of the dead letter goes that came with this address. */
export function deadLettersFor({ deadLetters, deadLettersByAddress }: Queue, address: string): string {
  return deadLettersByAddress?.[address] ?? deadLetters
}

/** All of them, each once. */
export function deadLetterQueuesOf({ deadLetters, deadLettersByAddress = {} }: Queue): readonly string[] {
  return [...new Set([deadLetters, ...Object.values(deadLettersByAddress)])]
}

/** A message as the broker sees it. */
export interface Envelope {
  /** Unique for each message; survives redelivery and publishing again. */
  readonly id: string
  /** Routing key, or the name of a queue if `direct`. */
  readonly address: string
  /** Where the broker has a place of its own for it (AMQP: `correlation-id`), for readers that look there. */
  readonly correlationId?: string
  /** Goes to the queue named by `address`, past all bindings. Used for copies of dead letters. */
  readonly direct?: true
  /** Somebody must take it: a command that no queue takes stays in the outbox (protocol, rule 21). */
  readonly mandatory: boolean
  readonly headers: { readonly [name: string]: string }
  /** JSON text. */
  readonly body: string
  /** Messages with the same key stay in order where the transport keeps an order per key. */
  readonly key?: string
  /** It may be published only when what was committed before it with the same key was confirmed (protocol, rule 23). */
  readonly inOrder?: true
}
