import { expect } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { HttpShop, type RunningServices } from '../../runner/test/http-shop.ts'
import type { Stranger } from '../../runner/test/stranger.ts'
import type { SagaView } from '../orchestrator/saga-view.ts'
import type { Order } from '../orders/order-queries.ts'
import type { Product } from '../products/http.ts'
import type { User } from '../users/http.ts'
import { services } from '../wire.ts'

/** A running shop, however it runs: what the scenarios need of it. */
export interface RunningShop extends RunningServices, Stranger {
  /** Ends a service, on servers without a word. */
  end(service: string): Promise<void>
  start(service: string): Promise<void>
  /** Somebody at work in a service's database. */
  sql(service: string, statement: string, values: unknown[]): Promise<void>
}

export interface Placed {
  readonly message: string
  readonly saga_id: string
  readonly order_id: number
  readonly status: string
}

/** The envelope that is documented. */
export interface Body {
  readonly sagaId: string
  readonly correlationId: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly timestamp: string
  readonly service: string
  readonly action: string
  readonly compensating: boolean
  readonly result?: string
}

/** The shop as its customers and their tests see it: through HTTP, and through what is on the broker. */
export class Shop extends HttpShop<RunningShop> {
  async enterUser(balance = 100): Promise<User> {
    return this.#posted(services.user, '/users', { name: 'Ada', balance })
  }

  async enterProduct({ price = 10, stock = 5 } = {}): Promise<Product> {
    return this.#posted(services.product, '/products', { name: 'Tea', price, stock })
  }

  /** An order by a user with 100 of a product for 10 of which there are 5, unless it says otherwise. */
  async place(order: Partial<Wanted> = {}, headers: Record<string, string> = {}): Promise<Placed> {
    const owner_id = order.owner_id ?? (await this.enterUser()).id
    const product_id = order.product_id ?? (await this.enterProduct()).id
    return this.#posted(services.orchestrator, '/orders', { quantity: 2, ...order, owner_id, product_id }, headers)
  }

  saga({ saga_id }: Pick<Placed, 'saga_id'>): Promise<SagaView> {
    return this.read(services.orchestrator, `/sagas/${saga_id}`)
  }

  order({ order_id }: Pick<Placed, 'order_id'>): Promise<Order> {
    return this.read(services.order, `/orders/${order_id}`)
  }

  /** Waits until the saga has ended. */
  ended(placed: Pick<Placed, 'saga_id'>): Promise<SagaView> {
    return eventually(async () => {
      const saga = await this.saga(placed)
      expect(saga.status).toMatch(/COMPLETED|FAILED/)
      return saga
    })
  }

  /** Waits until the saga has come to this step. */
  async isAt(placed: Placed, step: SagaView['current_step']): Promise<void> {
    await eventually(async () => expect((await this.saga(placed)).current_step).toBe(step))
  }

  /** Every order of a product, whoever has entered it. */
  async ordersOf({ id }: Pick<Product, 'id'>): Promise<readonly Order[]> {
    const orders: Order[] = []
    for (let page = 0; page === orders.length / 100; page += 1)
      orders.push(...(await this.read<Order[]>(services.order, `/orders?skip=${100 * page}`)))
    return orders.filter(({ product_id }) => product_id === id)
  }

  async balance({ id }: Pick<User, 'id'>): Promise<number> {
    return (await this.read<User>(services.user, `/users/${id}`)).balance
  }

  async stock({ id }: Pick<Product, 'id'>): Promise<number> {
    return (await this.read<Product>(services.product, `/products/${id}`)).stock
  }

  async restock(product: Product, stock: number): Promise<void> {
    await this.call('PUT', services.product, `/products/${product.id}`, { ...product, stock })
  }

  /** What whoever binds `saga.<id>.#` has heard, without that in the keys, once it is so much. */
  heard({ saga_id }: Pick<Placed, 'saga_id'>, messages: number): Promise<readonly { key: string; body: Body }[]> {
    return eventually(() => {
      const start = `saga.${saga_id}.`
      const heard = this.running.heard.filter(({ routingKey }) => routingKey.startsWith(start))
      expect(heard.length).toBeGreaterThanOrEqual(messages)
      return heard.map(({ routingKey, body }) => ({
        key: routingKey.slice(start.length),
        body: JSON.parse(body) as Body,
      }))
    })
  }

  async keysHeard(placed: Pick<Placed, 'saga_id'>, messages: number): Promise<readonly string[]> {
    return (await this.heard(placed, messages)).map(({ key }) => key)
  }

  /** Waits for the dead letter with this body; resolves with why it is one. */
  deadLetter(service: string, body: string): Promise<string> {
    return eventually(async () => {
      const letters = await this.running.deadLetters(`saga.${service}.dead-letter`)
      const letter = letters.find(letter => letter.body === body)
      expect(letter, body.slice(0, 200)).toBeDefined()
      return letter!.reason
    })
  }

  async #posted<Data>(
    service: string,
    path: string,
    given: object,
    headers: Record<string, string> = {},
  ): Promise<Data> {
    const { status, body } = await this.call<Data>('POST', service, path, given, headers)
    expect({ status, body }).toMatchObject({ status: 200 })
    return body
  }
}

export interface Wanted {
  readonly product_id: number
  readonly owner_id: number
  readonly quantity: number
}
