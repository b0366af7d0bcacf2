import { choreography } from 'makegood'
import { orderCreated, orderFulfilled, orderRejected } from './messages.ts'
import { services } from './wire.ts'

/** An order is paid from the customer's balance, or called off. Payment is the only step: there is nothing to undo. */
export const credit = choreography('credit', {
  starts: orderCreated,
  leads: [{ from: orderCreated, in: services.customers, to: [orderFulfilled, orderRejected] }],
  ends: { completed: [orderFulfilled], compensated: [orderRejected] },
})
