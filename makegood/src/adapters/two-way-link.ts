import type { Delivery, Link, LinkState, Published, PublishOptions } from '../ports/transport.ts'
import type { Envelope } from '../ports/wire.ts'
import { inTime } from './in-time.ts'

type Publishing = Pick<Link, 'publish' | 'state' | 'close'>

/** `waiting` may reject, and take its time. */
type Taking = Pick<Link, 'take' | 'acknowledge' | 'waiting' | 'state' | 'close'>

/** How long whoever asks what is waiting waits for that. */
const answerMs = 2_000

export interface Ways {
  readonly publisher: Publishing
  /** Undefined for a service that only sends. */
  readonly consumer: Taking | undefined
  /** What both go by is let go of when both are closed. */
  readonly afterwards?: () => Promise<void>
}

/** A link that publishes by one way and takes by another, as brokers like it: each may be lost and found by itself. */
export class TwoWayLink implements Link {
  readonly #ways: Ways
  #closing: Promise<void> | undefined

  constructor(ways: Ways) {
    this.#ways = ways
  }

  /** The worse of the two; a broker that takes nothing may still give. */
  get state(): LinkState {
    if (this.#closing !== undefined) return { state: 'closed' }
    const { publisher, consumer } = this.#ways
    const taking = consumer?.state
    return taking?.state === 'connecting' ? taking : publisher.state
  }

  publish(envelopes: readonly Envelope[], options?: PublishOptions): Promise<Published> {
    return this.#ways.publisher.publish(envelopes, options)
  }

  take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    return this.#ways.consumer?.take(max, waitMs) ?? Promise.resolve([])
  }

  acknowledge(deliveries: readonly Delivery[]): void {
    this.#ways.consumer?.acknowledge(deliveries)
  }

  async waiting(): Promise<number | undefined> {
    const { consumer } = this.#ways
    if (consumer === undefined || this.state.state === 'closed') return undefined
    return inTime(answerMs, consumer.waiting())
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { publisher, consumer, afterwards } = this.#ways
    await Promise.all([consumer?.close(), publisher.close()])
    await afterwards?.()
  }
}
