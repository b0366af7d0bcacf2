import type { PgClient, Service, Tx } from 'makegood'
import { uuidv7 } from 'uuidv7'
import { orderCreated } from '../messages.ts'
import { Refusal } from '../spring-server.ts'
import type { NewOrder } from './new-order.ts'
import { enterOrder, findOrder, isUser, type OrderRow, priceOf } from './order-queries.ts'
import type { OrderSql } from './order-sql.ts'

/**
 * The same order sent again, under the id that its sender gave it, is the first one.
 *
 * @throws Refusal 400 if there is no such product or user, 409 if the id is that of another order.
 */
export async function placeOnce(orders: Service<string, PgClient>, sql: OrderSql, wanted: NewOrder): Promise<OrderRow> {
  const { orderID: id = uuidv7() } = wanted
  const earlier = () => orders.transaction(({ db }) => findOrder(db, sql, id))
  const known = wanted.orderID === undefined ? undefined : await earlier()
  if (known !== undefined) return same(known, wanted)
  try {
    return await orders.transaction(tx => place(tx, sql, id, wanted))
  } catch (error) {
    // Somebody who sent it at the same time may have been faster, and is found now.
    const faster = error instanceof Refusal ? undefined : await earlier()
    if (faster === undefined) throw error
    return same(faster, wanted)
  }
}

/** The order and the event that starts its saga: both or neither. */
async function place(tx: Tx<PgClient>, sql: OrderSql, id: string, wanted: NewOrder): Promise<OrderRow> {
  const { userID, productID } = wanted
  const price = await priceOf(tx.db, sql, productID)
  if (price === undefined) throw new Refusal(400, `productID ${productID} is the number of no product`)
  if (!(await isUser(tx.db, sql, userID))) throw new Refusal(400, `userID ${userID} is the number of no user`)
  const order: OrderRow = { id, user_id: userID, product_id: productID, price_cents: price, status: 'ORDER_CREATED' }
  await enterOrder(tx.db, sql, order)
  const told = { userID, productID, orderID: id, amount: price / 100, status: 'ORDER_CREATED' } as const
  await tx.publish(orderCreated, told, { sagaId: id })
  return order
}

function same(order: OrderRow, { userID, productID }: NewOrder): OrderRow {
  if (order.user_id === userID && order.product_id === productID) return order
  throw new Refusal(
    409,
    `orderID ${order.id} is that of an order of user ${order.user_id} for product ${order.product_id}`,
  )
}
