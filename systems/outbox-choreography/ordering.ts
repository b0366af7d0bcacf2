import { choreography, type Event } from 'makegood'
import { orderToPayment, orderToStock, paymentToOrder, stockToOrder } from './messages.ts'
import { services } from './wire.ts'

/**
 * Which message leads to which. Of the two that every change of an order sends, this names the one that is waited for;
 * the other tells, and nothing follows from it.
 */
export const ordering = choreography('ordering', {
  starts: orderToStock.created,
  leads: [
    { from: orderToStock.created, in: services.stock, to: [stockToOrder.reserved, stockToOrder.not_reserved] },
    { from: stockToOrder.reserved, in: services.order, to: [orderToPayment.reserved] },
    { from: stockToOrder.not_reserved, in: services.order, to: [orderToStock.not_reserved] },
    {
      from: orderToPayment.reserved,
      in: services.payment,
      to: [paymentToOrder.payment_confirmed, paymentToOrder.payment_denied],
    },
    { from: paymentToOrder.payment_confirmed, in: services.order, to: [orderToStock.payment_confirmed] },
    { from: paymentToOrder.payment_denied, in: services.order, to: [orderToStock.payment_denied] },
    { from: orderToStock.payment_denied, in: services.stock, to: [stockToOrder.payment_denied] },
  ],
  ends: {
    completed: [orderToStock.payment_confirmed],
    compensated: [orderToStock.not_reserved, stockToOrder.payment_denied],
  },
})

/** The other of the two, of each change: nothing follows from them. */
export const toldAside: readonly Event[] = [
  orderToPayment.created,
  orderToStock.reserved,
  orderToPayment.not_reserved,
  orderToPayment.payment_confirmed,
  orderToPayment.payment_denied,
]
