import { expect } from 'vitest'
import { cloudEventsWire } from '../../src/engine/cloud-events-wire.ts'
import type {
  CommandMessage,
  Envelope,
  EventMessage,
  Hosted,
  Message,
  PgClient,
  ReplyMessage,
  Transport,
  Wire,
} from '../../src/makegood.ts'
import type { Link, PublishOptions } from '../../src/ports/transport.ts'

/** The wire of one service under test, and of a peer that hears everything and says what it likes. */
export function wireWithPeer(service: string, hosts: readonly Hosted<PgClient>[], exchange = 'makegood'): Wire {
  const wire = cloudEventsWire({ exchange, services: [{ name: service, hosts: hosts as readonly Hosted<never>[] }] })
  const peer = { name: `${service}.peer`, service: 'peer', bindings: ['#'], deadLetters: `${service}.peer.dead-letter` }
  return { ...wire, topology: { ...wire.topology, queues: [...wire.topology.queues, peer] } }
}

/** Plays whoever is on the other side of a service: its orchestrator, or its participants. */
export class Peer {
  readonly #link: Link
  readonly #wire: Wire
  readonly #received: Message[] = []
  readonly #listening: Promise<void>

  constructor(transport: Transport, wire: Wire) {
    this.#wire = wire
    const queue = wire.topology.queues.find(({ service }) => service === 'peer')
    this.#link = transport.connect({ service: 'peer', topology: wire.topology, queue, prefetch: 500, report: () => {} })
    this.#listening = this.#listen()
  }

  async close(): Promise<void> {
    await this.#link.close()
    await this.#listening
  }

  async say(...messages: readonly Message[]): Promise<void> {
    await this.publish(messages.map(message => this.#wire.encode(message)))
  }

  /** Until the broker has confirmed all of it: whoever reads may not be there yet. */
  async publish(envelopes: readonly Envelope[], options?: PublishOptions): Promise<void> {
    let left = envelopes
    while (left.length > 0) {
      const { confirmed } = await this.#link.publish(left, options)
      left = left.filter(({ id }) => !confirmed.includes(id))
      if (left.length > 0) await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  /** Resolves with what was heard of this kind, once it is as many as expected. */
  async hears<Kind extends Message['kind']>(
    kind: Kind,
    about: About,
    times = 1,
  ): Promise<readonly Extract<Message, { kind: Kind }>[]> {
    await expect.poll(() => this.heard(kind, about).length, { interval: 10 }).toBeGreaterThanOrEqual(times)
    return this.heard(kind, about)
  }

  heard<Kind extends Message['kind']>(kind: Kind, about: About): readonly Extract<Message, { kind: Kind }>[] {
    const isMeant = (message: Message) =>
      message.kind === kind &&
      Object.entries(about).every(([name, value]) => (message as unknown as Record<string, unknown>)[name] === value)
    return this.#received.filter((message): message is Extract<Message, { kind: Kind }> => isMeant(message))
  }

  async #listen(): Promise<void> {
    while (this.#link.state.state !== 'closed') {
      const taken = await this.#link.take(100, 200)
      for (const { envelope } of taken) {
        try {
          const message = this.#wire.decode(envelope)
          if (!this.#received.some(({ id }) => id === message.id)) this.#received.push(message)
        } catch {
          // Garbage is heard by everyone.
        }
      }
      this.#link.acknowledge(taken)
    }
  }
}

type About = Partial<
  Pick<ReplyMessage, 'type' | 'sagaId' | 'step' | 'direction' | 'attempt' | 'failure' | 'causationId'>
>

/** A command as an orchestrator sends it; every test says what is special about its own. */
export function aCommand(said: Partial<CommandMessage> & Pick<CommandMessage, 'type' | 'payload'>): CommandMessage {
  const now = Date.now()
  const sagaId = said.sagaId ?? crypto.randomUUID()
  const firstSentAt = said.firstSentAt ?? now
  return {
    kind: 'command',
    id: crypto.randomUUID(),
    source: 'orders',
    sentAt: now,
    correlationId: sagaId,
    causationId: undefined,
    headers: {},
    sagaId,
    step: 'stock',
    direction: 'forward',
    attempt: 1,
    firstSentAt,
    stepFirstSentAt: firstSentAt,
    stepSucceeded: false,
    retry: { attempts: 2, forMs: 10_000, firstDelayMs: 10, delayMsMax: 20 },
    ...said,
  }
}

/** The answer to a command as a participant sends it. */
export function anAnswer(command: CommandMessage, said: Partial<ReplyMessage> = {}): ReplyMessage {
  const { type, sagaId, step, direction, attempt, correlationId, id } = command
  return {
    kind: 'reply',
    id: crypto.randomUUID(),
    type,
    source: 'peer',
    payload: undefined,
    sentAt: Date.now(),
    correlationId,
    causationId: id,
    headers: {},
    sagaId,
    step,
    direction,
    attempt,
    failure: undefined,
    ...said,
  }
}

export function anEvent(said: Partial<EventMessage> & Pick<EventMessage, 'type' | 'payload'>): EventMessage {
  const id = crypto.randomUUID()
  return {
    kind: 'event',
    id,
    source: 'peer',
    sentAt: Date.now(),
    correlationId: id,
    causationId: undefined,
    headers: {},
    sagaId: undefined,
    ...said,
  }
}
