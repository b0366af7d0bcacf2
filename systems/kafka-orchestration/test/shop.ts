import { expect } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { HttpShop, type RunningServices } from '../../runner/test/http-shop.ts'
import type { Stranger } from '../../runner/test/stranger.ts'
import { services } from '../wire.ts'

/** A running shop, however it runs: what the scenarios need of it. */
export interface RunningShop extends RunningServices, Stranger {
  /** Runs a statement in the database of a service that runs. */
  execute(service: string, statement: string): Promise<void>
  /** Ends one of the services, on servers without a word. */
  end(service: string): Promise<void>
  start(service: string): Promise<void>
}

/** As it is answered to whoever places it. */
export interface PlacedOrder {
  readonly id: string
  readonly userId: number
  readonly productId: number
  readonly price: number
  readonly status: string
}

/** As it is listed. */
export interface ListedOrder {
  readonly userID: number
  readonly productID: number
  readonly orderID: string
  readonly amount: number
  readonly status: string
}

export interface Payment {
  readonly orderId: string
  readonly userId: number
  readonly amount: number
  readonly status: string
}

/** The shop as its customers and their tests see it: through HTTP, and through what is on the broker. */
export class Shop extends HttpShop<RunningShop> {
  #id = 100

  /** A user of whom nobody knows yet; resolves with the id. */
  async enterUser(balance: number): Promise<number> {
    this.#id += 1
    await this.running.execute(services.order, `insert into users (id) values (${this.#id})`)
    await this.running.execute(
      services.payment,
      `insert into balances (user_id, balance_cents) values (${this.#id}, ${balance * 100})`,
    )
    return this.#id
  }

  /** A product of which nobody knows yet; resolves with the id. */
  async enterProduct(price: number, quantity: number): Promise<number> {
    this.#id += 1
    await this.running.execute(
      services.order,
      `insert into products (id, price_cents) values (${this.#id}, ${price * 100})`,
    )
    await this.running.execute(
      services.stock,
      `insert into stocks (product_id, quantity) values (${this.#id}, ${quantity})`,
    )
    return this.#id
  }

  async place(order: { userID: number; productID: number; orderID?: string }): Promise<PlacedOrder> {
    const { status, body } = await this.call<PlacedOrder>('POST', services.order, '/api/v1/orders', order)
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'ORDER_CREATED' } })
    return body
  }

  order(id: string): Promise<ListedOrder> {
    return this.read(services.order, `/api/v1/orders/${id}`)
  }

  /** Waits until the order has ended. */
  ended({ id }: Pick<PlacedOrder, 'id'>): Promise<ListedOrder> {
    return eventually(async () => {
      const order = await this.order(id)
      expect(order.status).toMatch(/ORDER_COMPLETED|ORDER_CANCELLED/)
      return order
    })
  }

  async stock(product: number): Promise<number | undefined> {
    const stocks = await this.read<{ productId: number; quantity: number }[]>(services.stock, '/api/v1/stocks')
    return stocks.find(({ productId }) => productId === product)?.quantity
  }

  async balance(user: number): Promise<number | undefined> {
    const balances = await this.read<{ userId: number; balance: number }[]>(services.payment, '/api/v1/balances')
    return balances.find(({ userId }) => userId === user)?.balance
  }

  async payments({ id }: Pick<PlacedOrder, 'id'>): Promise<Payment[]> {
    const payments = await this.read<Payment[]>(services.payment, '/api/v1/payments')
    return payments.filter(({ orderId }) => orderId === id)
  }

  /** What was said of an order so far. */
  saidOf(id: string): readonly { readonly topic: string; readonly body: Record<string, unknown> }[] {
    return this.running.heard
      .filter(({ routingKey, body }) => body.includes(id) && !routingKey.endsWith('.dead-letter'))
      .map(({ routingKey, body }) => ({ topic: routingKey, body: JSON.parse(body) as Record<string, unknown> }))
  }

  /** What was said of an order, once so much was. */
  said({ id }: Pick<PlacedOrder, 'id'>, messages: number): Promise<ReturnType<Shop['saidOf']>> {
    return eventually(() => {
      const said = this.saidOf(id)
      expect(said.length).toBeGreaterThanOrEqual(messages)
      return said
    })
  }

  /** Waits for the dead letter with this body; resolves with why it is one. */
  deadLetter(topic: string, body: string): Promise<string> {
    return eventually(async () => {
      const letter = (await this.running.deadLetters(`${topic}.dead-letter`)).find(letter => letter.body === body)
      expect(letter, `${topic}: ${body.slice(0, 200)}`).toBeDefined()
      return letter!.reason
    })
  }
}
