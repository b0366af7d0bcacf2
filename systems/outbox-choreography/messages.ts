/** What the three services tell each other: bodies as the documentation shows them, in one place. */
import { event } from 'makegood'
import { typebox } from 'makegood/typebox'
import Type, { type Static } from 'typebox'

export const orderStatuses = ['created', 'reserved', 'not_reserved', 'payment_confirmed', 'payment_denied'] as const
export type OrderStatus = (typeof orderStatuses)[number]

const OrderId = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
const Text = Type.String({ minLength: 1, maxLength: 20 })

/** An order as it is told, with every change of its status. */
export type ToldOrder = Static<typeof ToldOrder>
export const ToldOrder = Type.Object({
  amount: Type.String({ pattern: '^(?=.*[1-9])\\d+(\\.\\d{1,2})?$', maxLength: 20 }),
  customer_id: Text,
  order_id: OrderId,
  product_id: Text,
  quantity: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
  status: Type.Enum(orderStatuses),
})

/** What became of an order at the stock or the payment. */
export type Answer = Static<typeof Answer>
export const Answer = Type.Object({ order_id: OrderId, status: Type.Enum(orderStatuses) })

// ── order, to both others: each change of an order is two messages ──────────────────────────────────────────────────

export const orderToStock = {
  created: toStock('created'),
  reserved: toStock('reserved'),
  not_reserved: toStock('not_reserved'),
  payment_confirmed: toStock('payment_confirmed'),
  payment_denied: toStock('payment_denied'),
} as const

export const orderToPayment = {
  created: toPayment('created'),
  reserved: toPayment('reserved'),
  not_reserved: toPayment('not_reserved'),
  payment_confirmed: toPayment('payment_confirmed'),
  payment_denied: toPayment('payment_denied'),
} as const

function toStock<const Status extends OrderStatus>(status: Status) {
  return event(`order.${status}-to-stock`, { payload: typebox(ToldOrder) })
}

function toPayment<const Status extends OrderStatus>(status: Status) {
  return event(`order.${status}-to-payment`, { payload: typebox(ToldOrder) })
}

// ── stock and payment, to order ─────────────────────────────────────────────────────────────────────────────────────

export const stockToOrder = {
  reserved: event('stock.reserved', { payload: typebox(Answer) }),
  not_reserved: event('stock.not_reserved', { payload: typebox(Answer) }),
  payment_denied: event('stock.payment_denied', { payload: typebox(Answer) }),
} as const

export const paymentToOrder = {
  payment_confirmed: event('payment.payment_confirmed', { payload: typebox(Answer) }),
  payment_denied: event('payment.payment_denied', { payload: typebox(Answer) }),
} as const
