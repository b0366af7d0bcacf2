import { type Event, handlersFor, type MessageType, type PgClient, type Reaction, type Tx } from 'makegood'
import { orderToStock, type ToldOrder } from '../messages.ts'
import { inOrder } from '../out-of-order.ts'
import { giveBack, reserve } from './reservations.ts'

const { on } = handlersFor<PgClient>()

/** Reserves for a new order, and gives back what could not be paid; nothing follows from the rest of what it is told. */
export const stockReactions: Reaction<PgClient>[] = [
  when(orderToStock.created, reserve),
  when(orderToStock.payment_denied, (tx, { order_id }) => giveBack(tx, order_id)),
  when(orderToStock.reserved, nothing),
  when(orderToStock.not_reserved, nothing),
  when(orderToStock.payment_confirmed, nothing),
]

function when(
  told: Event<MessageType, ToldOrder>,
  react: (tx: Tx<PgClient>, order: ToldOrder) => Promise<unknown>,
): Reaction<PgClient> {
  return on(told, (order, context) => inOrder(context, () => react(context.tx, order)), {
    keys: ({ order_id, product_id }) => [`order ${order_id}`, `product ${product_id}`],
  })
}

async function nothing(): Promise<void> {}
