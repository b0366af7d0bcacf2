import type { OrderSql, OrderStatus, OrderTables } from './order-sql.ts'

/** An order as this service keeps it; `placed_at` only orders the list. */
export type OrderRow = Omit<OrderTables['orders'], 'placed_at'>

export async function findOrder<Db>({ write, run }: OrderSql<Db>, db: Db, id: string): Promise<OrderRow | undefined> {
  const [order] = await run(db, write.selectFrom('orders').select(columns).where('id', '=', id))
  return order
}

/** Newest first. */
export function listOrders<Db>({ write, run }: OrderSql<Db>, db: Db, limit: number): Promise<readonly OrderRow[]> {
  const newest = write.selectFrom('orders').select(columns).orderBy('placed_at', 'desc').orderBy('id', 'desc')
  return run(db, newest.limit(limit))
}

const columns = ['id', 'user_id', 'product_id', 'price_cents', 'status'] as const

/** Undefined if there is no such product. */
export async function priceOf<Db>({ write, run }: OrderSql<Db>, db: Db, product: number): Promise<number | undefined> {
  const [found] = await run(db, write.selectFrom('products').select('price_cents').where('id', '=', product))
  return found?.price_cents
}

export async function isUser<Db>({ write, run }: OrderSql<Db>, db: Db, id: number): Promise<boolean> {
  const users = await run(db, write.selectFrom('users').select('id').where('id', '=', id))
  return users.length > 0
}

export async function enterOrder<Db>({ write, run }: OrderSql<Db>, db: Db, order: OrderRow): Promise<void> {
  await run(db, write.insertInto('orders').values(order))
}

/** An order that has ended stays as it is. */
export async function endOrder<Db>(
  { write, run }: OrderSql<Db>,
  db: Db,
  id: string,
  status: OrderStatus,
): Promise<void> {
  const created = write.updateTable('orders').where('id', '=', id).where('status', '=', 'ORDER_CREATED')
  await run(db, created.set({ status }))
}
