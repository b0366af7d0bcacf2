import { expect } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { HttpShop, type RunningServices } from '../../runner/test/http-shop.ts'
import type { Switches } from '../environment.ts'
import type { Payment, Shipment } from '../messages.ts'
import type { SagaView } from '../orchestrator/saga-view.ts'
import type { Order } from '../orders/order-queries.ts'
import { twoLaptops } from '../system.ts'
import { services } from '../wire.ts'

/** A running shop, however it runs: what the scenarios need of it. */
export interface RunningShop extends RunningServices {
  /** Turns the providers' switches; those that are not named go back to never refusing. */
  turn(switches: Partial<Switches>): Promise<void>
}

/** The shop as its customers and their tests see it: through HTTP alone. */
export class Shop extends HttpShop<RunningShop, Answer> {
  async place(order: object = twoLaptops, headers: Record<string, string> = {}): Promise<Order> {
    const { status, body } = await this.call('POST', services.orders, '/api/v1/orders', order, headers)
    expect(body).toMatchObject({ success: true, message: 'Order created successfully' })
    expect(status).toBe(201)
    return body.data as Order
  }

  order(id: string): Promise<Order> {
    return this.read(services.orders, `/api/v1/orders/${id}`)
  }

  payment(orderId: string): Promise<Payment> {
    return this.read(services.payments, `/api/v1/orders/${orderId}/payment`)
  }

  shipment(orderId: string): Promise<Shipment> {
    return this.read(services.shipping, `/api/v1/orders/${orderId}/shipment`)
  }

  saga(orderId: string): Promise<SagaView> {
    return this.read(services.orders, `/api/v1/orders/${orderId}/saga`)
  }

  async product(number: number): Promise<Product> {
    const products = await this.read<Product[]>(services.inventory, '/api/v1/products')
    return products.find(({ id }) => id === productId(number))!
  }

  /** What the provider beside a service has in its books for an order. */
  requests(service: string, orderId: string): Promise<ProviderRequest[]> {
    return this.read(service, `/api/v1/provider/requests?order_id=${orderId}`)
  }

  /** Charged less refunded, as the bank has it. */
  async netCharge(orderId: string): Promise<number> {
    const done = (await this.requests(services.payments, orderId)).filter(({ outcome }) => outcome === 'done')
    return done.reduce((sum, { kind, amount }) => sum + (kind === 'charge' ? amount : -amount), 0)
  }

  /** Waits until the order has ended. */
  ended({ id }: Order): Promise<Order> {
    return eventually(async () => {
      const order = await this.order(id)
      expect(order.status).toMatch(/completed|cancelled/)
      return order
    })
  }

  override async read<Data>(service: string, path: string): Promise<Data> {
    const { status, body } = await this.call('GET', service, path)
    expect({ status, ...body }).toMatchObject({ status: 200, success: true })
    return body.data as Data
  }
}

export interface Answer {
  readonly success: boolean
  readonly message: string
  readonly data?: unknown
  readonly error?: { readonly code: string; readonly message: string; readonly details?: Record<string, unknown> }
  readonly timestamp?: string
  readonly request_id?: string
}

interface Product {
  readonly id: string
  readonly price: number
  readonly stock: number
  readonly reserved_stock: number
}

interface ProviderRequest {
  readonly key: string
  readonly kind: string
  readonly outcome: string
  readonly amount: number
}

export function productId(number: number): string {
  return `550e8400-e29b-41d4-a716-44665544000${number}`
}

/** The documented order with other items. */
export function orderOf(...items: { product: number; quantity: number; price: number }[]) {
  return { ...twoLaptops, items: items.map(({ product, ...item }) => ({ product_id: productId(product), ...item })) }
}
