import { setTimeout as pause } from 'node:timers/promises'
import type { Order } from '../../orders/order-queries.ts'
import { twoLaptops } from '../../system.ts'
import { productId } from '../shop.ts'
import type { Ends } from './ends.ts'
import type { Random } from './random.ts'

/**
 * A closed loop: each customer places an order, waits for its end (but not for ever), and places the next. Whoever
 * gets no answer asks again with the same Idempotency-Key, and so has one order however often it was asked for.
 */
export class Customers {
  /** What was promised, by key. */
  readonly promised = new Map<string, Order>()
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
    const { ends, keys, ordersMax = Number.POSITIVE_INFINITY, waitMs } = this.#options
    while (this.#isOpen && this.#asked < ordersMax) {
      const key = `${keys}-${this.#asked}`
      this.#asked += 1
      const order = await this.#place(key, wishOf(random))
      this.promised.set(key, order)
      await Promise.race([ends.of(order.id), pause(waitMs)])
    }
  }

  async #place(key: string, wish: object): Promise<Order> {
    for (;;) {
      const response = await fetch(`${this.#options.ordersUrl}/api/v1/orders`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
        body: JSON.stringify(wish),
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined)
      const answer = (await response?.json().catch(() => undefined)) as { data?: Order } | undefined
      if (response?.status === 201 && answer?.data !== undefined) return answer.data
      if (response !== undefined && response.status < 500)
        throw new Error(`An order was refused with ${response.status}: ${JSON.stringify(answer)}`)
      this.#askedAgain += 1
      await pause(200)
    }
  }
}

export interface CustomersOptions {
  readonly ordersUrl: string
  readonly ends: Ends
  readonly random: Random
  /** What their Idempotency-Keys begin with. */
  readonly keys: string
  /** How many there are. */
  readonly count: number
  /** @defaultValue no limit */
  readonly ordersMax?: number
  /** How long one waits for the end of an order before the next. */
  readonly waitMs: number
}

/** One in ten wants far too much of something; the others a few of what there is plenty of, and all the same few. */
function wishOf(random: Random): object {
  if (random.next() < 0.1)
    return { ...twoLaptops, items: [{ product_id: productId(1), quantity: 1_000, price: 1_299.99 }] }
  const chosen = random.shuffled(plenty).slice(0, random.whole(1, 3))
  return {
    ...twoLaptops,
    items: chosen.map(({ product, price }) => ({
      product_id: productId(product),
      quantity: random.whole(1, 3),
      price,
    })),
  }
}

const plenty = [
  { product: 2, price: 49.99 },
  { product: 3, price: 79.99 },
  { product: 4, price: 159.99 },
  { product: 5, price: 299.99 },
]
