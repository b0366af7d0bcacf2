import type { Switches } from './environment.ts'
import type { SagaView } from './orchestrator/saga-view.ts'
import type { Order } from './orders/order-queries.ts'
import { twoLaptops } from './system.ts'

export interface DocumentedOrder {
  readonly name: string
  readonly wanted: string
  readonly title: string
  /** How the world outside is turned for it; what is left out refuses nothing. */
  readonly switches: Partial<Switches>
  readonly quantity: number
  /** How it is documented to end, in words and as it can be checked. */
  readonly ends: string
  readonly order: Order['status']
  readonly reason?: string
  readonly saga: SagaView['status']
  readonly payment: string
  readonly shipment: string
  readonly notification: string
  /** Charged less refunded, as the bank's own books have it. */
  readonly netCharge: number
  readonly reserved: number
}

/** A world that refuses nothing. */
export const obliging: Omit<Switches, 'delayScale'> = {
  paymentFailureRate: 0,
  refundFailureRate: 0,
  shippingFailureRate: 0,
  notificationFailureRate: 0,
}

/** The body that it is placed with. */
export function requestOf({ quantity }: Pick<DocumentedOrder, 'quantity'>): object {
  return { ...twoLaptops, items: [{ ...twoLaptops.items[0], quantity }] }
}

export const documentedOrders: readonly DocumentedOrder[] = [
  {
    name: 'two-laptops',
    wanted: 'Two laptops',
    title: 'Two laptops, and nothing stands in the way',
    switches: {},
    quantity: 2,
    ends: 'completed: 2599.98 charged, 2 laptops reserved, shipment on its way, customer told',
    order: 'completed',
    saga: 'completed',
    payment: 'completed',
    shipment: 'preparing',
    notification: 'sent',
    netCharge: 2599.98,
    reserved: 2,
  },
  {
    name: 'no-money',
    wanted: 'Two laptops',
    title: 'The bank refuses the payment',
    switches: { paymentFailureRate: 1 },
    quantity: 2,
    ends: 'cancelled: nothing was charged, nothing reserved, nothing to undo',
    order: 'cancelled',
    reason: 'Insufficient funds',
    saga: 'compensated',
    payment: 'failed',
    shipment: 'none',
    notification: 'none',
    netCharge: 0,
    reserved: 0,
  },
  {
    name: 'no-stock',
    wanted: 'A thousand laptops',
    title: 'A thousand laptops, and there are fifty',
    switches: {},
    quantity: 1000,
    ends: 'cancelled: 1299990.00 charged and refunded, the stock untouched',
    order: 'cancelled',
    reason: 'Insufficient stock',
    saga: 'compensated',
    payment: 'refunded',
    shipment: 'none',
    notification: 'none',
    netCharge: 0,
    reserved: 0,
  },
  {
    name: 'no-shipment',
    wanted: 'Two laptops',
    title: 'The carrier cannot ship',
    switches: { shippingFailureRate: 1 },
    quantity: 2,
    ends: 'cancelled: the stock released, the payment refunded, in this order',
    order: 'cancelled',
    reason: 'Shipping provider unavailable',
    saga: 'compensated',
    payment: 'refunded',
    shipment: 'none',
    notification: 'none',
    netCharge: 0,
    reserved: 0,
  },
  {
    name: 'no-mail',
    wanted: 'Two laptops',
    title: 'The customer cannot be told',
    switches: { notificationFailureRate: 1 },
    quantity: 2,
    ends: 'completed all the same: nobody cancels an order for a lost mail',
    order: 'completed',
    saga: 'completed',
    payment: 'completed',
    shipment: 'preparing',
    notification: 'failed',
    netCharge: 2599.98,
    reserved: 2,
  },
]
