import type { Delivery, Link, LinkOptions, LinkState, Published } from '../../ports/transport.ts'
import type { Envelope } from '../../ports/wire.ts'
import { Consumer } from './consumer.ts'
import type { ResolvedOptions } from './options.ts'
import { Publisher } from './publisher.ts'

export class RabbitmqLink implements Link {
  readonly #publisher: Publisher
  readonly #consumer: Consumer | undefined

  constructor(options: ResolvedOptions, link: LinkOptions) {
    this.#publisher = new Publisher(options, link)
    this.#consumer = link.queue && new Consumer(options, link, link.queue)
  }

  /** The worse of the two; a broker that takes nothing may still give. */
  get state(): LinkState {
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
    await Promise.all([this.#consumer?.close(), this.#publisher.close()])
  }
}
