import type { Delivery } from '../../ports/transport.ts'
import type { Place } from './record.ts'

/**
 * How far a partition is read ahead of what is committed. What lies beyond cannot have been taken by anybody; what lies
 * before it and was there already when we came may have been.
 */
const aheadMax = 1_000n

export interface KafkaDelivery extends Delivery {
  readonly place: Place
  readonly partition: Partition
  isOpen: boolean
}

/** A partition that is assigned to us: how far it was fetched, what of it is open, how far it is committed. */
export class Partition {
  readonly topic: string
  readonly number: number
  /** Of the next record to fetch. */
  position: bigint
  /** The group goes on from here if we are gone. */
  #committed: bigint
  readonly #takenBefore: bigint
  /** Fetched and not acknowledged, oldest first. */
  #open: KafkaDelivery[] = []

  /** @param end - where the next record will be written */
  constructor(topic: string, number: number, start: bigint, end: bigint) {
    this.topic = topic
    this.number = number
    this.position = start
    this.#committed = start
    this.#takenBefore = start + aheadMax < end ? start + aheadMax : end
  }

  get name(): string {
    return `${this.topic}:${this.number}`
  }

  /** Another process may have taken what stands here, and ended before it could acknowledge it (protocol, rule 17). */
  mayHaveBeenTaken(offset: bigint): boolean {
    return offset < this.#takenBefore
  }

  /** Not before more is committed: so far ahead, whoever comes after us would take it for new. */
  isTooFarAhead(offset: bigint): boolean {
    return offset >= this.#committed + aheadMax
  }

  add(delivery: KafkaDelivery): void {
    this.#open.push(delivery)
  }

  /** What everything before was acknowledged of, where that is not committed yet. */
  get toCommit(): bigint | undefined {
    const done = this.#open[0]?.place.offset ?? this.position
    return done > this.#committed ? done : undefined
  }

  /** Waiting or in hand. */
  get openCount(): number {
    return this.#open.filter(({ isOpen }) => isOpen).length
  }

  committed(offset: bigint): void {
    this.#committed = offset
  }

  acknowledge(delivery: KafkaDelivery): void {
    delivery.isOpen = false
    const firstOpen = this.#open.findIndex(({ isOpen }) => isOpen)
    this.#open.splice(0, firstOpen === -1 ? this.#open.length : firstOpen)
  }
}
