import type { Delivery, Link, LinkOptions, LinkState, Published } from '../../ports/transport.ts'
import type { Envelope } from '../../ports/wire.ts'
import { Consumer } from './consumer.ts'
import type { ResolvedOptions } from './options.ts'
import { Publisher } from './publisher.ts'
import type { Topics } from './topics.ts'

export class KafkaLink implements Link {
  readonly #publisher: Publisher
  readonly #consumer: Consumer | undefined
  #closed = false

  constructor(options: ResolvedOptions, link: LinkOptions, topics: Topics) {
    this.#publisher = new Publisher(options, link, topics)
    this.#consumer = link.queue && new Consumer(options, link, link.queue, topics)
  }

  /** The worse of the two. */
  get state(): LinkState {
    if (this.#closed) return { state: 'closed' }
    const taking = this.#consumer?.state
    return taking?.state === 'connecting' ? taking : this.#publisher.state
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
  }
}
