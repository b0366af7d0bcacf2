import type { Delivery, LinkOptions, LinkState } from '../../ports/transport.ts'
import type { Queue } from '../../ports/wire.ts'
import { type Life, Recovering } from '../recovering.ts'
import { WaitingTake } from '../waiting-take.ts'
import type { ResolvedOptions } from './options.ts'
import type { KafkaDelivery, Partition } from './partition.ts'
import { Reader } from './reader.ts'
import type { Topics } from './topics.ts'
import { declare } from './topology.ts'
import { troubleOf } from './trouble.ts'

/** Takes from one queue, and knows what was taken and not acknowledged. */
export class Consumer {
  readonly #options: ResolvedOptions
  readonly #link: LinkOptions
  readonly #queue: Queue
  readonly #topics: Topics
  readonly #membership: Recovering
  #reader: Reader | undefined
  #memberId: string | undefined
  /** Fetched and not taken yet. */
  #arrived: KafkaDelivery[] = []
  /** How many were taken and are not acknowledged, of partitions that are still ours. */
  #inHand = 0
  readonly #waiting = new WaitingTake<KafkaDelivery>(max => this.#takeUpTo(max))

  constructor(options: ResolvedOptions, link: LinkOptions, queue: Queue, topics: Topics) {
    this.#options = options
    this.#link = link
    this.#queue = queue
    this.#topics = topics
    this.#membership = new Recovering({
      name: `${link.service} (taking from ${queue.name})`,
      report: link.report,
      troubleOf: error => troubleOf(error, options),
      live: life => this.#live(life),
    })
  }

  get state(): LinkState {
    const { state } = this.#membership
    if (state.state !== 'connected' || this.#reader?.isAssigned) return state
    return { state: 'connecting', because: 'the group is sharing out its partitions' }
  }

  take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    return this.#waiting.take(max, waitMs)
  }

  /** What belongs to a partition that has gone to others in the meantime comes again there. */
  acknowledge(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries as readonly KafkaDelivery[]) {
      if (!delivery.isOpen || !this.#reader?.owns(delivery.partition)) continue
      delivery.partition.acknowledge(delivery)
      this.#inHand -= 1
    }
    void this.#reader?.commit()
    this.#waiting.wake()
  }

  /** What others have in hand is in it, and what was acknowledged before something that was not. */
  async waiting(): Promise<number | undefined> {
    const uncommitted = await this.#reader?.uncommitted()
    return uncommitted && Math.max(0, uncommitted - this.#inHand)
  }

  async close(): Promise<void> {
    this.#waiting.close()
    await this.#membership.close()
  }

  async #live(life: Life): Promise<void> {
    await Promise.race([declare(this.#topics, this.#options), life.lost])
    const reader = new Reader({
      options: this.#options,
      topics: this.#topics,
      queue: this.#queue,
      report: this.#link.report,
      memberId: this.#memberId,
      hasRoom: () => this.#arrived.length < this.#link.prefetch,
      arrived: deliveries => this.#arrive(deliveries),
      lost: partitions => this.#forget(partitions),
      committed: () => this.#waiting.wake(),
    })
    this.#reader = reader
    try {
      await Promise.race([reader.join(), life.lost])
      life.ready(`Kafka at ${this.#options.brokers.join(', ')}`)
      await Promise.race([reader.failed, life.lost])
    } finally {
      if (life.closing.aborted) await reader.leave()
      this.#memberId = await reader.abandon()
      this.#reader = undefined
    }
  }

  #arrive(deliveries: readonly KafkaDelivery[]): void {
    this.#arrived.push(...deliveries)
    this.#waiting.wake()
  }

  #forget(partitions: ReadonlySet<Partition>): void {
    const before = this.#arrived.length
    this.#arrived = this.#arrived.filter(({ partition }) => !partitions.has(partition))
    const waited = before - this.#arrived.length
    this.#inHand -= [...partitions].reduce((open, partition) => open + partition.openCount, 0) - waited
  }

  #takeUpTo(max: number): readonly KafkaDelivery[] {
    // While partitions are shared out, what is taken might be taken by another too.
    if (!this.#reader?.isAssigned) return []
    const room = Math.min(max, this.#link.prefetch - this.#inHand)
    const taken: KafkaDelivery[] = []
    const left: KafkaDelivery[] = []
    for (const [at, delivery] of this.#arrived.entries()) {
      if (taken.length >= room) {
        left.push(...this.#arrived.slice(at))
        break
      }
      if (delivery.partition.isTooFarAhead(delivery.place.offset)) left.push(delivery)
      else taken.push(delivery)
    }
    this.#arrived = left
    this.#inHand += taken.length
    this.#reader.fetchMore()
    return taken
  }
}
