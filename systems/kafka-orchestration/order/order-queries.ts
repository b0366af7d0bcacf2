import type { PgClient } from 'makegood'
import { type OrderSql, type OrderStatus, type OrderTables, rowsOf } from './order-sql.ts'

/** An order as this service keeps it, but for when it was placed: that only orders the list. */
export type OrderRow = Omit<OrderTables['orders'], 'placed_at'>

export async function findOrder(db: PgClient, sql: OrderSql, id: string): Promise<OrderRow | undefined> {
  const [order] = await rowsOf(db, sql.selectFrom('orders').select(columns).where('id', '=', id))
  return order
}

/** Newest first. */
export function listOrders(db: PgClient, sql: OrderSql, limit: number): Promise<readonly OrderRow[]> {
  const newest = sql.selectFrom('orders').select(columns).orderBy('placed_at', 'desc').orderBy('id', 'desc')
  return rowsOf(db, newest.limit(limit))
}

const columns = ['id', 'user_id', 'product_id', 'price_cents', 'status'] as const

/** Undefined if there is no such product. */
export async function priceOf(db: PgClient, sql: OrderSql, product: number): Promise<number | undefined> {
  const [found] = await rowsOf(db, sql.selectFrom('products').select('price_cents').where('id', '=', product))
  return found?.price_cents
}

export async function isUser(db: PgClient, sql: OrderSql, id: number): Promise<boolean> {
  const users = await rowsOf(db, sql.selectFrom('users').select('id').where('id', '=', id))
  return users.length > 0
}

export async function enterOrder(db: PgClient, sql: OrderSql, order: OrderRow): Promise<void> {
  await rowsOf(db, sql.insertInto('orders').values(order))
}

/** An order that has ended stays as it is. */
export async function endOrder(db: PgClient, sql: OrderSql, id: string, status: OrderStatus): Promise<void> {
  const open = sql.updateTable('orders').where('id', '=', id).where('status', '=', 'ORDER_CREATED')
  await rowsOf(db, open.set({ status }))
}
