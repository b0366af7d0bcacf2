import type { Delivery, Link, LinkOptions, LinkState, Published, PublishOptions } from '../../ports/transport.ts'
import type { Envelope } from '../../ports/wire.ts'
import { Publications } from '../publication.ts'
import { WaitingTake } from '../waiting-take.ts'
import type { EmbeddedExchange } from './embedded-exchange.ts'
import type { EmbeddedQueue, Taker } from './embedded-queue.ts'
import type { EmbeddedDelivery } from './passage.ts'

/** How long `close` waits for readers to acknowledge what this link has published. */
const closeMs = 500

export class EmbeddedLink implements Link, Taker {
  readonly #exchange: EmbeddedExchange
  readonly #queue: EmbeddedQueue | undefined
  readonly #prefetch: number
  readonly #inHand = new Set<EmbeddedDelivery>()
  readonly #publications = new Publications()
  readonly #waiting = new WaitingTake<EmbeddedDelivery>(max => this.#takeUpTo(max))
  #state: LinkState = { state: 'connected' }

  constructor(exchange: EmbeddedExchange, options: LinkOptions) {
    this.#exchange = exchange
    this.#prefetch = options.prefetch
    this.#queue = options.queue && exchange.declare(options.queue)
    this.#queue?.attach(this)
  }

  get state(): LinkState {
    return this.#state
  }

  publish(envelopes: readonly Envelope[], options?: PublishOptions): Promise<Published> {
    const publication = this.#publications.begin(this.#state.state === 'closed' ? 0 : envelopes.length)
    if (this.#state.state === 'closed') return publication.outcome
    for (const envelope of envelopes) {
      this.#exchange.pass(envelope, publication, options?.mayHaveBeenSent ?? false)
    }
    return publication.outcome
  }

  take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    return this.#waiting.take(max, waitMs)
  }

  wake(): boolean {
    return this.#waiting.wake()
  }

  acknowledge(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries as readonly EmbeddedDelivery[]) {
      // What is not in hand any more went back to the queue when this link closed.
      if (this.#inHand.delete(delivery)) delivery.passage.acknowledge(this.#queue!)
    }
    this.wake()
  }

  async waiting(): Promise<number | undefined> {
    return this.#state.state === 'closed' ? undefined : this.#queue?.waiting
  }

  async close(): Promise<void> {
    if (this.#state.state === 'closed') return
    this.#state = { state: 'closed' }
    this.#waiting.close()
    this.#queue?.detach(this, [...this.#inHand])
    this.#inHand.clear()
    await this.#publications.settled(closeMs)
    this.#publications.endOlderThan(0)
  }

  #takeUpTo(max: number): readonly EmbeddedDelivery[] {
    const room = Math.min(max, this.#prefetch - this.#inHand.size)
    if (!this.#queue || room <= 0) return []
    const taken = this.#queue.takeUpTo(room, this)
    for (const delivery of taken) this.#inHand.add(delivery)
    return taken
  }
}
