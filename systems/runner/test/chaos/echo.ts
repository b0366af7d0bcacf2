import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from './random.ts'
import type { Broker, Overheard } from './servers/server.ts'
import type { Subject } from './subject.ts'

/**
 * Somebody at the broker who hears everything that is published, and says some of it again a little later, as it was;
 * and who notes what is told of the ends of orders.
 */
export class Echo {
  /** Which ends were told of each order. */
  readonly ends = new Map<string, Set<string>>()
  /** How much was said again. */
  repeated = 0
  readonly #broker: Broker
  readonly #endIn: Subject['endIn']
  readonly #random: Random
  readonly #known = new Set<string>()
  readonly #speaking = new Set<Promise<void>>()
  readonly #leaving = new AbortController()
  readonly #listening: Promise<void>

  constructor(broker: Broker, endIn: Subject['endIn'], random: Random) {
    this.#broker = broker
    this.#endIn = endIn
    this.#random = random
    this.#listening = this.#listen()
  }

  /** Orders of which more than one end was told. */
  get contradictions(): readonly string[] {
    return [...this.ends]
      .filter(([, ends]) => ends.size > 1)
      .map(([order, ends]) => `of order ${order} was told ${[...ends].join(' and ')}`)
  }

  /** Resolves when everything is said. */
  async leave(): Promise<void> {
    await Promise.all(this.#speaking)
    this.#leaving.abort()
    await this.#listening
  }

  async #listen(): Promise<void> {
    const { signal } = this.#leaving
    while (!signal.aborted) {
      // The broker is restarted while we listen: then we come back, and have missed what was said meanwhile.
      await this.#broker.overhear(message => this.#hear(message), signal).catch(() => pause(200))
    }
  }

  #hear({ address, body, repeat }: Overheard): void {
    const told = this.#endIn?.(address, body)
    if (told !== undefined) this.ends.set(told.order, (this.ends.get(told.order) ?? new Set()).add(told.end))
    const what = `${address} ${body}`
    // Whatever comes twice, because it was said again or sent again, is enough.
    if (this.#known.has(what)) return
    this.#known.add(what)
    if (this.#random.next() >= repeatedShare) return
    const speaking = this.#repeat(repeat, this.#random.between(0, delayMsMax)).catch(() => {})
    const done = speaking.then(() => void this.#speaking.delete(done))
    this.#speaking.add(done)
  }

  async #repeat(say: Overheard['repeat'], afterMs: number): Promise<void> {
    await pause(afterMs)
    await say()
    this.repeated += 1
  }
}

const repeatedShare = 0.3
/** Long enough for an order to end before. */
const delayMsMax = 4_000
