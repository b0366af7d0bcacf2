import { saga } from 'makegood'
import { typebox } from 'makegood/typebox'
import {
  CreatedOrder,
  cancelProductReservation,
  orderCreated,
  orderUpdated,
  processPayment,
  reserveProduct,
} from './messages.ts'

/**
 * Takes one piece from the stock and charges its price. A refused payment puts the piece back, and only then is the
 * order cancelled. A payment that stays silent is asked for again: nothing on this wire would refund it.
 */
export const checkout = saga('checkout', { version: 1, data: typebox(CreatedOrder) })
  .startsOn(orderCreated, { key: order => order.orderID, data: order => order })

  .compensatable('stock', reserveProduct, {
    payload: order => order,
    compensation: { command: cancelProductReservation, payload: order => order, inDoubt: order => order },
  })

  .pivot('payment', processPayment, { payload: order => order })

  .ends({
    completed: { event: orderUpdated, payload: order => ({ ...order, status: 'ORDER_COMPLETED' as const }) },
    compensated: { event: orderUpdated, payload: order => ({ ...order, status: 'ORDER_CANCELLED' as const }) },
  })
