import type { PgClient, Tx } from 'makegood'
import { HttpRefusal } from '../../runner/fastapi/fields.ts'
import { orderCreated } from '../messages.ts'
import type { NewOrder } from './new-order.ts'
import { enterOrder, type Order } from './order-queries.ts'

/** The order and the event that asks for its payment: both or neither. */
export async function place(tx: Tx<PgClient>, wanted: NewOrder): Promise<Order> {
  const order = await enterOrder(tx.db, wanted)
  if (order === undefined) throw new HttpRefusal(404, 'Product not found')
  const { id: order_id, customer_id, product_id, quantity, total_price, status, created_at } = order
  await tx.publish(orderCreated, { order_id, customer_id, product_id, quantity, total_price, status, created_at })
  return order
}
