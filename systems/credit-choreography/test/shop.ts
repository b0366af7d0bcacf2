import { expect } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { HttpShop, type RunningServices } from '../../runner/test/http-shop.ts'
import type { Stranger } from '../../runner/test/stranger.ts'
import { followed, type Instance } from '../../runner/test/tracked.ts'
import type { Customer, Payment } from '../customers/http.ts'
import type { Order } from '../orders/order-queries.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'

/** A running shop, however it runs: what the scenarios need of it. */
export interface RunningShop extends RunningServices, Stranger {
  /** Enters a customer of whom nobody knows yet; resolves with the id. */
  enterCustomer(balanceCents: number): Promise<number>
  /** Ends one of the two services, on servers without a word. */
  end(service: string): Promise<void>
  start(service: string): Promise<void>
}

/** The shop as its customers and their tests see it: through HTTP, and through what is on the broker. */
export class Shop extends HttpShop<RunningShop> {
  async place(order: object = {}): Promise<Order> {
    const { status, body } = await this.call('POST', services.orders, '/orders/', { ...documentedOrder, ...order })
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'pending' } })
    return body as Order
  }

  order(id: number): Promise<Order> {
    return this.read(services.orders, `/orders/${id}`)
  }

  /** Waits until the order has ended. */
  ended({ id }: Order): Promise<Order> {
    return eventually(async () => {
      const order = await this.order(id)
      expect(order.status).toMatch(/confirmed|cancelled/)
      return order
    })
  }

  /** How the tracker has it, once it is so: an order and its events come to it on their own way. */
  followed({ id }: Order, status: string): Promise<Instance> {
    return followed(this, `credit/order/${id}`, status)
  }

  async balance(customerId: number): Promise<number> {
    const { balance } = await this.read<Customer>(services.customers, `/customers/${customerId}`)
    return balance
  }

  async payments({ id }: Order): Promise<Payment[]> {
    const payments = await this.read<Payment[]>(services.customers, '/payments/')
    return payments.filter(({ order_id }) => order_id === id)
  }

  /** What was told of an order, once all of it was. */
  told({ id }: Order, messages: number): Promise<readonly { key: string; body: object }[]> {
    return eventually(async () => {
      const told = this.running.heard.filter(({ body }) => body.startsWith(`{"order_id":${id},`))
      expect(told.length).toBeGreaterThanOrEqual(messages)
      return told.map(({ routingKey, body }) => ({ key: routingKey, body: JSON.parse(body) as object }))
    })
  }

  /** How many messages wait there for their next attempt. */
  async parked(service: string): Promise<number> {
    const { body } = await this.call('GET', service, '/metrics')
    return Number(new RegExp(`^makegood_parked_messages{service="${service}"} (\\d+)$`, 'm').exec(String(body))?.[1])
  }

  /** Waits for the dead letter with this body; resolves with why it is one. */
  deadLetter(queue: string, body: string): Promise<string> {
    return eventually(async () => {
      const letter = (await this.running.deadLetters(`${queue}.dead-letter`)).find(letter => letter.body === body)
      expect(letter, body.slice(0, 200)).toBeDefined()
      return letter!.reason
    })
  }
}
