import { saga } from 'makegood'
import { chargePayment, Order, refundPayment, releaseStock, reserveStock, shipOrder } from './messages.ts'

export const checkout = saga('checkout', { version: 1, data: Order })
  .compensatable('stock', reserveStock, {
    payload: ({ sku, quantity }) => ({ sku, quantity }),
    compensation: { command: releaseStock, payload: ({ sku, quantity }) => ({ sku, quantity }) },
  })
  .compensatable('payment', chargePayment, {
    payload: ({ account, amountCents }) => ({ account, amountCents }),
    compensation: { command: refundPayment, payload: ({ account, amountCents }) => ({ account, amountCents }) },
  })
  .pivot('shipping', shipOrder, {
    payload: ({ orderId, region, quantity, amountCents }) => ({ orderId, region, quantity, amountCents }),
  })
  .ends()
