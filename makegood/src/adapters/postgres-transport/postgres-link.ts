import type { Delivery, Link, LinkOptions, LinkState, Published } from '../../ports/transport.ts'
import type { Envelope } from '../../ports/wire.ts'
import { Bell } from './bell.ts'
import { Consumer } from './consumer.ts'
import type { Database } from './database.ts'
import type { ResolvedOptions } from './options.ts'
import { Presence } from './presence.ts'
import { Publisher } from './publisher.ts'

export class PostgresLink implements Link {
  readonly #presence: Presence
  readonly #publisher: Publisher
  readonly #consumer: Consumer | undefined
  #closed = false

  constructor(database: Database, options: ResolvedOptions, link: LinkOptions) {
    const { queue, topology, prefetch } = link
    const parts = { database, presence: new Presence(database, options, link) }
    const bell = options.throughPooler ? undefined : new Bell(database)
    this.#presence = parts.presence
    this.#publisher = new Publisher({ ...parts, exchange: topology.exchange, bell })
    this.#consumer = queue && new Consumer({ ...parts, queue, prefetch, idleMs: options.idleMs })
  }

  get state(): LinkState {
    return this.#closed ? { state: 'closed' } : this.#presence.state
  }

  publish(envelopes: readonly Envelope[]): Promise<Published> {
    return this.#publisher.publish(envelopes)
  }

  take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    return this.#consumer?.take(max, waitMs) ?? Promise.resolve([])
  }

  acknowledge(deliveries: readonly Delivery[]): void {
    this.#consumer?.acknowledge(deliveries)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([this.#consumer?.close(), this.#publisher.close()])
    await this.#presence.close()
  }
}
