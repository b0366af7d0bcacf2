import { handlersFor, type Reaction } from 'makegood'
import { orderUpdated } from '../messages.ts'
import { endOrder, findOrder } from './order-queries.ts'
import type { OrderSql } from './order-sql.ts'

/** Takes the saga's end into the order. */
export function orderReactions<Db>(sql: OrderSql<Db>): Reaction<Db>[] {
  const { on } = handlersFor<Db>()
  return [
    on(
      orderUpdated,
      async ({ orderID, status }, { tx, reject }) => {
        const order = await findOrder(sql, tx.db, orderID)
        // Somebody may have been charged for it: not to be passed over, but a dead letter for a person to see.
        if (order === undefined) reject(`There is no order ${orderID} that could be ${status}.`)
        await endOrder(sql, tx.db, orderID, status)
      },
      { keys: order => [order.orderID] },
    ),
  ]
}
