// The messages and the saga of a small shop, half in Zod, half in TypeBox: what the other files here try to misuse.
import Type from 'typebox'
import { z } from 'zod'
import { typebox } from '../../src/adapters/typebox/index.ts'
import { command, event } from '../../src/definition/message.ts'
import { saga } from '../../src/definition/saga-chain.ts'
import type { Schema } from '../../src/definition/schema.ts'

const Item = z.object({ productId: z.uuid(), quantity: z.int().positive(), priceCents: z.int().nonnegative() })
const Address = z.object({
  street: z.string(),
  city: z.string(),
  state: z.string(),
  zipCode: z.string(),
  country: z.string(),
})

const order = z.object({
  orderId: z.uuid(),
  customerId: z.uuid(),
  items: z.array(Item).min(1),
  totalCents: z.int().positive(),
  shippingAddress: Address,
})
/** The saga's data. Named as an interface, so that hovers and errors say `Order` and not its twelve fields. */
export interface Order extends z.infer<typeof order> {}
export const Order: Schema<Order> = order

export const orderPlaced = event('order.created', { payload: Order })
export const orderCompleted = event('order.completed', {
  payload: z.object({ orderId: z.uuid(), trackingId: z.string() }),
})
export const orderCancelled = event('order.cancelled', { payload: z.object({ orderId: z.uuid(), reason: z.string() }) })

export const chargePayment = command('payment.process', {
  payload: typebox(Type.Object({ orderId: Type.String(), customerId: Type.String(), amountCents: Type.Integer() })),
  reply: typebox(Type.Object({ paymentId: Type.String(), transactionId: Type.String() })),
  failures: {
    INSUFFICIENT_FUNDS: typebox(Type.Object({ reason: Type.String() })),
    INVALID_AMOUNT: typebox(Type.Object({ amountCents: Type.Integer() })),
  },
})
export const refundPayment = command('payment.refund', {
  payload: typebox(
    Type.Object({
      paymentId: Type.String(),
      transactionId: Type.String(),
      amountCents: Type.Integer(),
      reason: Type.String(),
    }),
  ),
  reply: typebox(Type.Object({ refundReference: Type.String(), refundedCents: Type.Integer() })),
})

export const reserveStock = command('inventory.reserve', {
  payload: z.object({ orderId: z.uuid(), items: z.array(Item) }),
  reply: z.object({ reservationIds: z.array(z.uuid()) }),
  failures: {
    INSUFFICIENT_STOCK: z.object({ productId: z.uuid(), available: z.int() }),
    PRODUCT_NOT_FOUND: z.object({ productId: z.uuid() }),
    PRICE_MISMATCH: z.object({ productId: z.uuid(), priceCents: z.int() }),
  },
})
export const releaseStock = command('inventory.release', {
  payload: z.object({ reservationIds: z.array(z.uuid()), reason: z.string() }),
})

export const createShipment = command('shipping.create', {
  payload: z.object({ orderId: z.uuid(), customerId: z.uuid(), address: Address, reservationIds: z.array(z.uuid()) }),
  reply: z.object({ shipmentId: z.uuid(), trackingId: z.string() }),
  failures: { PROVIDER_UNAVAILABLE: z.object({ reason: z.string() }) },
})
export const cancelShipment = command('shipping.cancel', {
  payload: z.object({ shipmentId: z.uuid(), reason: z.string() }),
})

export const sendNotification = command('notification.send', {
  payload: z.object({ orderId: z.uuid(), customerId: z.uuid(), message: z.string() }),
  failures: { PROVIDER_UNAVAILABLE: z.object({ reason: z.string() }) },
})

export const checkout = saga('checkout', { version: 1, data: Order })
  .startsOn(orderPlaced, { key: order => order.orderId, data: order => order })

  .compensatable('payment', chargePayment, {
    payload: order => ({ orderId: order.orderId, customerId: order.customerId, amountCents: order.totalCents }),
    compensation: {
      command: refundPayment,
      payload: (order, { payment }, cause) => ({ ...payment, amountCents: order.totalCents, reason: cause.code }),
    },
    deadlineMs: 5 * 60_000,
    retry: { attempts: 5, firstDelayMs: 200, delayMsMax: 30_000 },
  })

  .compensatable('inventory', reserveStock, {
    payload: order => ({ orderId: order.orderId, items: order.items }),
    compensation: {
      command: releaseStock,
      payload: (_order, { inventory }, cause) => ({ reservationIds: inventory.reservationIds, reason: cause.code }),
    },
  })

  .compensatable('shipping', createShipment, {
    payload: (order, { inventory }) => ({
      orderId: order.orderId,
      customerId: order.customerId,
      address: order.shippingAddress,
      reservationIds: inventory.reservationIds,
    }),
    compensation: {
      command: cancelShipment,
      payload: (_order, { shipping }, cause) => ({ shipmentId: shipping.shipmentId, reason: cause.code }),
    },
  })

  .bestEffort('notification', sendNotification, {
    payload: (order, { shipping }) => ({
      orderId: order.orderId,
      customerId: order.customerId,
      message: `Your order is on its way: ${shipping.trackingId}`,
    }),
  })

  .ends({
    completed: {
      event: orderCompleted,
      payload: (order, { shipping }) => ({ orderId: order.orderId, trackingId: shipping.trackingId }),
    },
    compensated: {
      event: orderCancelled,
      payload: (order, cause) => ({ orderId: order.orderId, reason: cause.code }),
    },
  })
