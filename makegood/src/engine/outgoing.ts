import { uuidv7 } from 'uuidv7'
import type { CommandMessage, EventMessage, Headers, Message, MessageType, ReplyMessage } from '../model/message.ts'
import type { Answer } from '../ports/store.ts'
import { deadLettersFor, type Envelope } from '../ports/wire.ts'
import type { CommandToSend } from './decision.ts'
import type { Engine } from './engine.ts'

/** What a message that is made now follows from. */
export interface Origin {
  readonly correlationId: string
  readonly causationId: string | undefined
  readonly headers: Headers
}

/** The messages that one transaction sends: put on the wire here, and into the outbox at its end. */
export class Outgoing {
  readonly #engine: Engine
  #envelopes: Envelope[] = []

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get envelopes(): readonly Envelope[] {
    return this.#envelopes
  }

  command(sagaId: string, send: CommandToSend, origin: Origin): void {
    const message: CommandMessage = {
      kind: 'command',
      ...this.#frame(send.type, send.payload, origin),
      ...send,
      sagaId,
    }
    this.#add(message)
  }

  /** Every answer has an id of its own and names its command as the cause (protocol, rule 3). */
  reply(command: CommandMessage, attempt: number, { failure, payload }: Answer): void {
    const { type, sagaId, step, direction } = command
    const message: ReplyMessage = {
      kind: 'reply',
      ...this.#frame(type, payload, originIn(command)),
      sagaId,
      step,
      direction,
      attempt,
      failure,
    }
    this.#add(message)
  }

  event(type: MessageType, payload: unknown, about: Pick<EventMessage, 'sagaId' | 'key'>, origin: Origin): string {
    const message: EventMessage = { kind: 'event', ...this.#frame(type, payload, origin), ...about }
    this.#add(message)
    return message.id
  }

  /** A copy for the broker's dead-letter queue, under an id of its own (protocol, rule 20). */
  deadLetterCopy({ id, address, headers, body }: Envelope, reason: string): void {
    const { queue } = this.#engine
    if (queue === undefined) return
    const marked = { ...headers, 'makegood-original-id': id, 'makegood-dead-letter-reason': headerText(reason) }
    this.#envelopes.push({
      id: uuidv7(),
      address: deadLettersFor(queue, address),
      direct: true,
      mandatory: false,
      headers: marked,
      body,
    })
  }

  /** Remembers where it stands; the function returned takes back what was added since. */
  mark(): () => void {
    const { length } = this.#envelopes
    return () => {
      this.#envelopes = this.#envelopes.slice(0, length)
    }
  }

  #add(message: Message): void {
    this.#envelopes.push(this.#engine.wire.encode(message))
  }

  #frame(type: MessageType, payload: unknown, origin: Origin) {
    const { service, clock, telemetry } = this.#engine
    const headers = { ...origin.headers, ...telemetry.carrier() }
    const { correlationId, causationId } = origin
    return { id: uuidv7(), type, source: service, payload, sentAt: clock.now(), correlationId, causationId, headers }
  }
}

export function originIn({ correlationId, id, headers }: Message): Origin {
  return { correlationId, causationId: id, headers }
}

/** Headers are short and of one line. */
function headerText(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 500)
}
