/** `service.action`, the name a message has in code, in the tables and, unless a wire says otherwise, on the broker. */
export type MessageType = `${string}.${string}`

/** What a service sends to another: a command, the reply to one, or an event. */
export type Message = CommandMessage | ReplyMessage | EventMessage

/** What travels with every message, whatever its kind. Everything in it is JSON. */
export interface MessageFrame {
  /** Unique for each message; a reply or an event that comes again has the same. */
  readonly id: string
  readonly type: MessageType
  /** The service that sends it. */
  readonly source: string
  readonly payload: unknown
  /** When it was made, by the sender's clock, in milliseconds since 1970. */
  readonly sentAt: number
  /** The saga, or the first message of a chain that has none: what one trace shows together. */
  readonly correlationId: string
  /** The message in whose handling this one was made. */
  readonly causationId: string | undefined
  /** What travels unchanged from message to message: tenant, user, trace context. */
  readonly headers: Headers
}

export interface Headers {
  readonly [name: string]: string
}

/** Asks one service for one step of a saga, for its compensation, or to close it. */
export interface CommandMessage extends MessageFrame, StepAddress {
  readonly kind: 'command'
  /** When this command was sent for the first time: asking again and new attempts leave it (protocol, rule 5). */
  readonly firstSentAt: number
  /** When the step itself was first asked for; for a step going forward the same as `firstSentAt`. */
  readonly stepFirstSentAt: number
  /** For a compensation: whether its step is known to have succeeded (protocol, rule 7). */
  readonly stepSucceeded: boolean
  /** How the participant tries it again after an error (protocol, rule 14). */
  readonly retry: RetryPolicy
}

/** The one answer to a command. `type` is the command's; `payload` the reply, or the failure's details. */
export interface ReplyMessage extends MessageFrame, Omit<StepAddress, 'attempt'> {
  readonly kind: 'reply'
  /** Undefined from a participant that knows nothing of attempts: it answers the one that is open (protocol, rule 2). */
  readonly attempt: number | undefined
  /** The failure's code; a reply without one says that the step succeeded. */
  readonly failure: string | undefined
}

/** A fact, told to whoever reads it. */
export interface EventMessage extends MessageFrame {
  readonly kind: 'event'
  readonly sagaId: string | undefined
  /** What it is about, where events about one thing are to arrive in the order of their commits (protocol, rule 23). */
  readonly key?: string | undefined
}

/** Names what a command asks for. With the service it is the command's identity (protocol, rule 1). */
export interface StepAddress {
  readonly sagaId: string
  readonly step: string
  readonly direction: Direction
  /** Raised by the orchestrator only, after a failure or by an operator (protocol, rule 2). */
  readonly attempt: number
}

/** `close` asks the participant to refuse a step from now on, or to answer again if it ran (protocol, rule 8). */
export type Direction = 'forward' | 'compensation' | 'close'

/** What two messages share when they are one: the step for commands, the id for all others (protocol, rules 1 and 4). */
export function identityOf(message: Message): string {
  return message.kind === 'command' ? stepIdentity(message, message.direction) : message.id
}

export function stepIdentity({ sagaId, step }: Pick<StepAddress, 'sagaId' | 'step'>, direction: Direction): string {
  return `${sagaId}/${step}/${direction}`
}

/** How an error is tried again; a failure is an answer and is not. All delays carry jitter. */
export interface RetryPolicy {
  /** How many times in all, from 1; no number means until `forMs` is over. */
  readonly attempts: number | undefined
  /** No further attempt begins later than this after the first. In milliseconds. */
  readonly forMs: number
  /** The first pause; each further one is twice as long. In milliseconds. */
  readonly firstDelayMs: number
  /** No pause is longer. In milliseconds. */
  readonly delayMsMax: number
}
