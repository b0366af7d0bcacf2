import { handlersFor, type PgClient, type Reaction } from 'makegood'
import { orderUpdated } from '../messages.ts'
import { endOrder, findOrder } from './order-queries.ts'
import type { OrderSql } from './order-sql.ts'

const { on } = handlersFor<PgClient>()

/** Takes the saga's end into the order. */
export function orderEnd(sql: OrderSql): Reaction<PgClient> {
  return on(
    orderUpdated,
    async ({ orderID, status }, { tx, reject }) => {
      const order = await findOrder(tx.db, sql, orderID)
      // Somebody may have been charged for it: not to be passed over, but a dead letter for a person to see.
      if (order === undefined) reject(`There is no order ${orderID} that could be ${status}.`)
      await endOrder(tx.db, sql, orderID, status)
    },
    { keys: order => [order.orderID] },
  )
}
