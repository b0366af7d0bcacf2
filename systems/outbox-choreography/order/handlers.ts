import { type Event, handlersFor, type MessageType, type PgClient, type Reaction } from 'makegood'
import { type Answer, paymentToOrder, stockToOrder } from '../messages.ts'
import { inOrder } from '../out-of-order.ts'
import { moveOrder } from './order-status.ts'

const { on } = handlersFor<PgClient>()

/** Takes what stock and payment answer into the order. */
export const orderReactions: Reaction<PgClient>[] = [
  take(stockToOrder.reserved),
  take(stockToOrder.not_reserved),
  take(paymentToOrder.payment_confirmed),
  take(paymentToOrder.payment_denied),
]

function take(answer: Event<MessageType, Answer>): Reaction<PgClient> {
  return on(
    answer,
    ({ order_id, status }, context) => inOrder(context, () => moveOrder(context.tx, order_id, status)),
    { keys: ({ order_id }) => [`order ${order_id}`] },
  )
}
