import { setTimeout as pause } from 'node:timers/promises'
import type { Ends } from './ends.ts'
import type { Random } from './random.ts'
import type { Orders } from './subject.ts'

/**
 * A closed loop: each customer places an order, waits for its end (but not for ever), and places the next. Whoever
 * gets no answer asks again: with the same key, if the system knows keys, and so has one order however often.
 */
export class Customers {
  /** The ids that were promised, by key. */
  readonly promised = new Map<string, string>()
  #asked = 0
  #askedAgain = 0
  #isOpen = true
  readonly #options: CustomersOptions
  readonly #going: readonly Promise<void>[]

  constructor(options: CustomersOptions) {
    this.#options = options
    this.#going = Array.from({ length: options.count }, (_, number) =>
      this.#buy(options.random.fork(`customer ${number}`)),
    )
  }

  /** How often an order was asked for again. */
  get askedAgain(): number {
    return this.#askedAgain
  }

  /** Resolves when everybody has stopped by themselves, having placed `ordersMax` in all. */
  async done(): Promise<void> {
    await Promise.all(this.#going)
  }

  /** Nobody begins another order. Resolves when each has been answered to the last one. */
  async close(): Promise<void> {
    this.#isOpen = false
    await this.done()
  }

  async #buy(random: Random): Promise<void> {
    const { orders, ends, keys, ordersMax = Number.POSITIVE_INFINITY, waitMs } = this.#options
    while (this.#isOpen && this.#asked < ordersMax) {
      const key = `${keys}-${this.#asked}`
      this.#asked += 1
      const id = await this.#place(key, orders.wish(random), random)
      this.promised.set(key, id)
      await Promise.race([ends.of(id), pause(waitMs)])
    }
  }

  async #place(key: string, wish: object, random: Random): Promise<string> {
    const { orders, urls } = this.#options
    for (;;) {
      const response = await fetch(`${random.one(urls())}${orders.path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...orders.keyed?.(key) },
        body: JSON.stringify(wish),
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined)
      const answer: unknown = await response?.json().catch(() => undefined)
      if (response?.ok === true && answer !== undefined) return orders.idIn(answer)
      if (response !== undefined && response.status >= 400 && response.status < 500)
        throw new Error(`An order was refused with ${response.status}: ${JSON.stringify(answer)}`)
      this.#askedAgain += 1
      await pause(200)
    }
  }
}

export interface CustomersOptions {
  readonly orders: Orders
  /** Where orders are taken; anywhere is as good. */
  readonly urls: () => readonly string[]
  readonly ends: Ends
  readonly random: Random
  /** What their keys begin with. */
  readonly keys: string
  /** How many there are. */
  readonly count: number
  /** @defaultValue no limit */
  readonly ordersMax?: number
  /** How long one waits for the end of an order before the next. */
  readonly waitMs: number
}
