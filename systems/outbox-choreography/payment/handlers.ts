import { type Event, handlersFor, type MessageType, type PgClient, type Reaction, type Tx } from 'makegood'
import { orderToPayment, type ToldOrder } from '../messages.ts'
import { pay } from './payments.ts'

const { on } = handlersFor<PgClient>()

/** Decides on the payment once the stock is reserved; nothing follows from the rest of what it is told. */
export function paymentReactions(limitCents: () => bigint): Reaction<PgClient>[] {
  return [
    when(orderToPayment.reserved, (tx, order) => pay(tx, order, limitCents())),
    when(orderToPayment.created, nothing),
    when(orderToPayment.not_reserved, nothing),
    when(orderToPayment.payment_confirmed, nothing),
    when(orderToPayment.payment_denied, nothing),
  ]
}

function when(
  told: Event<MessageType, ToldOrder>,
  react: (tx: Tx<PgClient>, order: ToldOrder) => Promise<void>,
): Reaction<PgClient> {
  return on(told, (order, { tx }) => react(tx, order), { keys: ({ order_id }) => [`order ${order_id}`] })
}

async function nothing(): Promise<void> {}
