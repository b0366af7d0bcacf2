import { type Cause, saga } from 'makegood'
import { typebox } from 'makegood/typebox'
import {
  cancelShipment,
  chargePayment,
  createShipment,
  orderCancelled,
  orderCompleted,
  orderPlaced,
  PlacedOrder,
  refundPayment,
  releaseStock,
  reserveStock,
  sendNotification,
} from './messages.ts'

/**
 * Pays, reserves and ships an order, then tells the customer. If one of the first three fails, those before it are
 * undone, last first, and only then is the order cancelled.
 */
export const checkout = saga('checkout', { version: 1, data: typebox(PlacedOrder) })
  .startsOn(orderPlaced, { key: ({ order }) => order.id, data: ({ order }) => order })

  .compensatable('payment', chargePayment, {
    payload: order => ({
      order_id: order.id,
      customer_id: order.customer_id,
      amount: order.total_amount,
      payment_method: 'credit_card',
    }),
    compensation: {
      command: refundPayment,
      payload: (order, { payment: { payment } }, cause) => ({
        order_id: order.id,
        payment_id: payment.id,
        ...(payment.transaction_id === undefined ? {} : { transaction_id: payment.transaction_id }),
        amount: payment.amount,
        reason: reasonOf(cause),
      }),
      inDoubt: (order, _replies, cause) => ({
        order_id: order.id,
        customer_id: order.customer_id,
        amount: order.total_amount,
        reason: reasonOf(cause),
      }),
    },
  })

  .compensatable('inventory', reserveStock, {
    payload: order => ({ order_id: order.id, items: order.items }),
    compensation: {
      command: releaseStock,
      payload: (order, { inventory: { reservations } }, cause) => ({
        order_id: order.id,
        reservation_ids: reservations.map(reservation => reservation.id),
        product_ids: productsOf(order),
        reason: reasonOf(cause),
      }),
      inDoubt: (order, _replies, cause) => ({
        order_id: order.id,
        product_ids: productsOf(order),
        reason: reasonOf(cause),
      }),
    },
  })

  .compensatable('shipping', createShipment, {
    payload: order => ({
      order_id: order.id,
      customer_id: order.customer_id,
      items: order.items,
      shipping_address: order.shipping_address,
    }),
    compensation: {
      command: cancelShipment,
      payload: (order, { shipping: { shipment } }, cause) => ({
        order_id: order.id,
        shipment_id: shipment.id,
        reason: reasonOf(cause),
      }),
      inDoubt: (order, _replies, cause) => ({ order_id: order.id, reason: reasonOf(cause) }),
    },
  })

  .bestEffort('notification', sendNotification, {
    deadlineMs: 10_000,
    payload: (order, { shipping: { shipment } }) => ({
      order_id: order.id,
      customer_id: order.customer_id,
      type: 'order_confirmation',
      message: `Your order ${order.id} is confirmed. Track it with ${shipment.tracking_id}.`,
    }),
  })

  .ends({
    completed: { event: orderCompleted, payload: order => ({ order_id: order.id, status: 'completed' }) },
    compensated: {
      event: orderCancelled,
      payload: (order, cause) => ({ order_id: order.id, reason: reasonOf(cause) }),
    },
  })

/** What a participant or an operator said; where nobody said anything, what happened. */
function reasonOf({ step, code, details }: Cause): string {
  if (typeof details === 'object' && details !== null && 'reason' in details) return String(details.reason)
  return code === 'DEADLINE_PASSED' ? `No answer from ${step} in time` : `The step ${step} could not be done (${code})`
}

function productsOf(order: PlacedOrder): string[] {
  return [...new Set(order.items.map(item => item.product_id))]
}
