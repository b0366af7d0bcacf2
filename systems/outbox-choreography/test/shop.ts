import { expect } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { HttpShop, type RunningServices } from '../../runner/test/http-shop.ts'
import type { Heard, Stranger } from '../../runner/test/stranger.ts'
import { followed, type Instance } from '../../runner/test/tracked.ts'
import type { Answer, OrderStatus, ToldOrder } from '../messages.ts'
import { documentedOrder } from '../system.ts'
import { services } from '../wire.ts'

/** A shop, however it runs: what the scenarios need of it. */
export interface RunningShop extends RunningServices, Stranger {
  /** Starts a service that does not run. */
  start(service: string): Promise<void>
  /** Stops a service; the others go on. */
  end(service: string): Promise<void>
}

/** The shop as its customers and their tests see it: through HTTP, and through its messages. */
export class Shop extends HttpShop<RunningShop> {
  async place(order: object = {}): Promise<ToldOrder> {
    const { status, body } = await this.call('POST', services.order, '/api/v1/orders/', {
      ...documentedOrder,
      ...order,
    })
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'created' } })
    return body as ToldOrder
  }

  order(id: number): Promise<ToldOrder> {
    return this.read(services.order, `/api/v1/orders/${id}/`)
  }

  orders(): Promise<ToldOrder[]> {
    return this.read(services.order, '/api/v1/orders/')
  }

  notifications(): Promise<{ order_id: number }[]> {
    return this.read(services.order, '/api/v1/notifications/')
  }

  async reservationsOf(orderId: number): Promise<Reservation[]> {
    const all = await this.read<Reservation[]>(services.stock, '/api/v1/reservations/')
    return all.filter(({ order_id }) => order_id === String(orderId))
  }

  async paymentsOf(orderId: number): Promise<Payment[]> {
    const all = await this.read<Payment[]>(services.payment, '/api/v1/payments/')
    return all.filter(({ order_id }) => order_id === String(orderId))
  }

  async stockOf(productId: string): Promise<number> {
    const all = await this.read<{ product_id: string; quantity: number }[]>(services.stock, '/api/v1/stocks/')
    return all.find(({ product_id }) => product_id === productId)!.quantity
  }

  /** How the tracker has it, once it is so: its events come to it on their own way. */
  followed({ order_id }: Pick<ToldOrder, 'order_id'>, status: string): Promise<Instance> {
    return followed(this, `ordering/order/${order_id}`, status)
  }

  /** Waits until an order has come to its end, and what is reserved for one that is denied was given back. */
  ended({ order_id }: Pick<ToldOrder, 'order_id'>): Promise<OrderStatus> {
    return eventually(async () => {
      const { status } = await this.order(order_id)
      expect(status).toMatch(/^(not_reserved|payment_confirmed|payment_denied)$/)
      if (status === 'payment_denied') expect(await this.reservationsOf(order_id)).toMatchObject([{ status }])
      return status
    })
  }

  /** What was published about an order under a routing key, in its order. */
  told(routingKey: string, orderId: number): { body: ToldOrder | Answer; headers: Heard['headers'] }[] {
    return this.running.heard
      .filter(message => message.routingKey === routingKey)
      .map(({ body, headers }) => ({ body: JSON.parse(body) as ToldOrder | Answer, headers }))
      .filter(({ body }) => Number(body.order_id) === orderId)
  }

  /** Sends a body as documented; every time under a new id. */
  async send(routingKey: string, body: object): Promise<void> {
    await this.running.send(routingKey, JSON.stringify(body), {
      'dop-msg-id': crypto.randomUUID(),
      'dop-msg-destination': `/exchange/saga/${routingKey}`,
      'dop-msg-type': 'Published',
      'dop-msg-sent-time': new Date().toISOString(),
    })
  }
}

interface Reservation {
  readonly id: number
  readonly order_id: string
  readonly product_id: string
  readonly quantity: number
  readonly status: string
}

interface Payment {
  readonly payment_id: string
  readonly customer_id: string
  readonly order_id: string
  readonly amount: string
  readonly status: string
  readonly created: string
}
