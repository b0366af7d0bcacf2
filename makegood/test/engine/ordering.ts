import { z } from 'zod'
import { choreography, event } from '../../src/makegood.ts'

/** A choreography for tests: an order is reserved and paid, or all of it is made good. */

const order = { payload: z.object({ orderId: z.string() }) }

export const orderPlaced = event('order.placed', order)
export const stockReserved = event('stock.reserved', order)
export const stockLacking = event('stock.lacking', order)
export const paymentTaken = event('payment.taken', order)
export const paymentDenied = event('payment.denied', order)
export const stockReturned = event('stock.returned', order)

/** Reads everything, and answers nothing. */
export function ordering(deadlines: { readonly whole?: number; readonly stock?: number } = {}) {
  const { whole, stock } = deadlines
  return choreography('ordering', {
    starts: orderPlaced,
    leads: [
      {
        from: orderPlaced,
        in: 'stock',
        to: [stockReserved, stockLacking],
        ...(stock === undefined ? {} : { deadlineMs: stock }),
      },
      { from: orderPlaced, in: 'notifications', to: [] },
      { from: stockReserved, in: 'payment', to: [paymentTaken, paymentDenied] },
      { from: paymentDenied, in: 'stock', to: [stockReturned] },
    ],
    ends: { completed: [paymentTaken], compensated: [stockLacking, stockReturned] },
    ...(whole === undefined ? {} : { deadlineMs: whole }),
  })
}
