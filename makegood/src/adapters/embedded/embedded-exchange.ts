import { deadLetterQueuesOf, type Envelope, type Queue } from '../../ports/wire.ts'
import type { Publication } from '../publication.ts'
import { EmbeddedQueue } from './embedded-queue.ts'
import { Passage } from './passage.ts'

/** How many copies of dead letters are kept for whoever looks, of each queue. */
const deadLettersMax = 1_000

/**
 * How many unconfirmed messages are remembered between two publishes. One that is forgotten is only put again into
 * queues that had handled it, where the inbox finds the duplicate.
 */
const unconfirmedMax = 100_000

/** Knows which queues exist and which messages are on their way to them. */
export class EmbeddedExchange {
  readonly #queues = new Map<string, EmbeddedQueue>()
  readonly #deadLetters = new Map<string, Envelope[]>()
  readonly #passages = new Map<string, Passage>()

  declare(queue: Queue): EmbeddedQueue {
    for (const name of deadLetterQueuesOf(queue)) {
      if (!this.#deadLetters.has(name)) this.#deadLetters.set(name, [])
    }
    const known = this.#queues.get(queue.name)
    if (known) {
      known.bind(queue.bindings)
      return known
    }
    const made = new EmbeddedQueue(queue.bindings, queue.inOrder ?? false)
    this.#queues.set(queue.name, made)
    return made
  }

  /** Sends one message of a publication on its way; the publication is told what became of it. */
  pass(envelope: Envelope, publication: Publication, mayHaveBeenSent: boolean): void {
    const readers = this.#readersOf(envelope)
    if (readers.length > 0) this.#send(envelope, readers, publication, mayHaveBeenSent)
    else if (this.#isKept(envelope) || !envelope.mandatory) publication.confirm(envelope.id)
    else publication.returned(envelope.id)
  }

  deadLetters(queue: string): readonly Envelope[] {
    return this.#deadLetters.get(queue) ?? []
  }

  unhandled(name: string): number {
    const queue = this.#queues.get(name)
    if (queue === undefined) return 0
    return [...this.#passages.values()].filter(passage => passage.isAwaitedBy(queue)).length
  }

  /** Asked for each message, with nothing remembered: addresses carry saga ids and hardly ever come twice. */
  #readersOf(envelope: Envelope): readonly EmbeddedQueue[] {
    if (envelope.direct) {
      const queue = this.#queues.get(envelope.address)
      return queue ? [queue] : []
    }
    const readers: EmbeddedQueue[] = []
    for (const queue of this.#queues.values()) if (queue.reads(envelope.address)) readers.push(queue)
    return readers
  }

  #send(
    envelope: Envelope,
    readers: readonly EmbeddedQueue[],
    publication: Publication,
    mayHaveBeenSent: boolean,
  ): void {
    const earlier = this.#passages.get(envelope.id)
    const passage = earlier ?? this.#begin(envelope)
    passage.awaitedBy(publication)
    passage.enter(readers, mayHaveBeenSent || earlier !== undefined)
  }

  #isKept(envelope: Envelope): boolean {
    const letters = envelope.direct && this.#deadLetters.get(envelope.address)
    if (!letters) return false
    if (letters.push(envelope) > deadLettersMax) letters.shift()
    return true
  }

  #begin(envelope: Envelope): Passage {
    const passage = new Passage(envelope, () => this.#passages.delete(envelope.id))
    this.#passages.set(envelope.id, passage)
    if (this.#passages.size > unconfirmedMax) this.#forgetOldestAtRest()
    return passage
  }

  #forgetOldestAtRest(): void {
    for (const [id, passage] of this.#passages) {
      if (passage.atRest) {
        this.#passages.delete(id)
        return
      }
    }
  }
}
