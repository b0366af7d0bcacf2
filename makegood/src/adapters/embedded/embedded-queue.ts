import { topicPattern } from '../topic-pattern.ts'
import type { EmbeddedDelivery, Reader } from './passage.ts'

/** Whoever takes from a queue. */
export interface Taker {
  /** Takes what is there, if it waits for anything. False if it took nothing. */
  wake(): boolean
}

/** What waits for one service. The links that take from it compete. */
export class EmbeddedQueue implements Reader {
  readonly #takers = new Set<Taker>()
  readonly #bindings = new Set<string>()
  #reads = topicPattern([])
  #waiting: EmbeddedDelivery[] = []
  /** Where the oldest stands: removing from the front of a long array would move all of it. */
  #first = 0
  #waking = false
  /** Only the taker that has been there longest takes. */
  readonly #inOrder: boolean

  constructor(bindings: readonly string[], inOrder: boolean) {
    this.#inOrder = inOrder
    this.bind(bindings)
  }

  bind(bindings: readonly string[]): void {
    const before = this.#bindings.size
    for (const binding of bindings) this.#bindings.add(binding)
    if (this.#bindings.size > before) this.#reads = topicPattern(this.#bindings)
  }

  reads(address: string): boolean {
    return this.#reads(address)
  }

  get isRead(): boolean {
    return this.#takers.size > 0
  }

  get waiting(): number {
    return this.#waiting.length - this.#first
  }

  attach(taker: Taker): void {
    this.#takers.add(taker)
  }

  /** Takes back what the taker had in hand, for the others; without any, everything is given up. */
  detach(taker: Taker, inHand: readonly EmbeddedDelivery[]): void {
    this.#takers.delete(taker)
    const returned = inHand.map(delivery => ({ ...delivery, redelivered: true }))
    this.#waiting = [...returned, ...this.#waiting.slice(this.#first)]
    this.#first = 0
    if (this.isRead) this.#wakeSoon()
    else for (const { passage } of this.#take(Number.POSITIVE_INFINITY)) passage.giveUp(this)
  }

  put(delivery: EmbeddedDelivery): void {
    this.#waiting.push(delivery)
    this.#wakeSoon()
  }

  takeUpTo(max: number, taker: Taker): readonly EmbeddedDelivery[] {
    const [first] = this.#takers
    return this.#inOrder && taker !== first ? [] : this.#take(max)
  }

  #take(max: number): readonly EmbeddedDelivery[] {
    const end = Math.min(this.#first + max, this.#waiting.length)
    const taken = this.#waiting.slice(this.#first, end)
    this.#first = end
    if (this.waiting === 0) {
      this.#waiting = []
      this.#first = 0
    } else if (this.#first > 1_000) {
      this.#waiting = this.#waiting.slice(this.#first)
      this.#first = 0
    }
    return taken
  }

  /** Not at once, so that all messages of a publish are in before the first one takes. */
  #wakeSoon(): void {
    if (this.#waking) return
    this.#waking = true
    queueMicrotask(() => {
      this.#waking = false
      for (const taker of [...this.#takers]) {
        if (this.waiting === 0) return
        if (!taker.wake() || this.#inOrder) continue
        // Behind the others next time.
        this.#takers.delete(taker)
        this.#takers.add(taker)
      }
    })
  }
}
