import { expect } from 'vitest'
import type { Customer, Payment } from '../customers/http.ts'
import type { Order } from '../orders/order-queries.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'

/** A running shop, however it runs: what the scenarios need of it. */
export interface RunningShop {
  urlOf(service: string): string
  /** Enters a customer of whom nobody knows yet; resolves with the id. */
  enterCustomer(balanceCents: number): Promise<number>
  /** Ends one of the two services, on servers without a word. */
  end(service: string): Promise<void>
  start(service: string): Promise<void>
  /** Sends what somebody sends who knows the documentation, and nothing of makegood. */
  send(routingKey: string, body: string): Promise<void>
  /** What was sent to the exchange so far. */
  readonly heard: readonly Heard[]
  deadLetters(queue: string): Promise<readonly DeadLetter[]>
  stop(): Promise<void>
}

export interface Heard {
  readonly key: string
  readonly body: string
}

export interface DeadLetter {
  readonly body: string
  readonly reason: string
}

/** How long an order may take to its end, with everything around it. */
const withinMs = 20_000

/** The shop as its customers and their tests see it: through HTTP, and through what is on the broker. */
export class Shop {
  readonly running: RunningShop

  constructor(running: RunningShop) {
    this.running = running
  }

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
      return told.map(({ key, body }) => ({ key, body: JSON.parse(body) as object }))
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
      const letter = (await this.running.deadLetters(queue)).find(letter => letter.body === body)
      expect(letter, body.slice(0, 200)).toBeDefined()
      return letter!.reason
    })
  }

  async read<Data>(service: string, path: string): Promise<Data> {
    const { status, body } = await this.call('GET', service, path)
    expect({ status, body }).toMatchObject({ status: 200 })
    return body as Data
  }

  async call(method: string, service: string, path: string, body?: unknown) {
    const response = await fetch(`${this.running.urlOf(service)}${path}`, {
      method,
      redirect: 'manual',
      ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' } }),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text }
  }
}

/** Tries until it holds; what did not hold in time is thrown. */
export async function eventually<Result>(look: () => Promise<Result>): Promise<Result> {
  const until = performance.now() + withinMs
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (performance.now() > until) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}
