import type { Delivery } from '../../ports/transport.ts'
import type { Envelope } from '../../ports/wire.ts'
import type { Publication } from '../publication.ts'

/** Where a message goes. */
export interface Reader {
  /** Somebody takes from it at present. */
  readonly isRead: boolean
  put(delivery: EmbeddedDelivery): void
}

export interface EmbeddedDelivery extends Delivery {
  readonly passage: Passage
}

/** The way of one message to all its readers, from its first publish until each of them has acknowledged it. */
export class Passage {
  readonly #envelope: Envelope
  readonly #arrived: () => void
  readonly #readers = new Set<Reader>()
  /** The readers that have it, waiting or in hand. */
  readonly #open = new Set<Reader>()
  readonly #handled = new Set<Reader>()
  #publications: Publication[] = []

  constructor(envelope: Envelope, arrived: () => void) {
    this.#envelope = envelope
    this.#arrived = arrived
  }

  /** Nobody has it and nobody waits for it: it is remembered only for what was handled. */
  get atRest(): boolean {
    return this.#open.size === 0
  }

  /** It is to handle it, and has not. */
  isAwaitedBy(reader: Reader): boolean {
    return this.#readers.has(reader) && !this.#handled.has(reader)
  }

  /** Told when no reader has it any more, and whether all had handled it. */
  awaitedBy(publication: Publication): void {
    this.#publications.push(publication)
  }

  /** Goes to each reader that neither has it nor has handled it. One that nobody takes from is left for the next publish. */
  enter(readers: readonly Reader[], redelivered: boolean): void {
    for (const reader of readers) {
      this.#readers.add(reader)
      if (!reader.isRead || this.#handled.has(reader) || this.#open.has(reader)) continue
      this.#open.add(reader)
      reader.put({ envelope: this.#envelope, redelivered, passage: this })
    }
    this.#settleIfDone()
  }

  acknowledge(reader: Reader): void {
    this.#open.delete(reader)
    this.#handled.add(reader)
    this.#settleIfDone()
  }

  giveUp(reader: Reader): void {
    this.#open.delete(reader)
    this.#settleIfDone()
  }

  #settleIfDone(): void {
    if (this.#open.size > 0) return
    const arrived = this.#handled.size === this.#readers.size
    if (arrived) this.#arrived()
    const publications = this.#publications
    this.#publications = []
    for (const publication of publications) {
      if (arrived) publication.confirm(this.#envelope.id)
      else publication.leave()
    }
  }
}
