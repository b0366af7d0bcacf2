import type { PgClient } from 'makegood'
import type { Address, Item } from '../messages.ts'

/** An order as it is shown. */
export interface Order {
  readonly id: string
  readonly customer_id: string
  readonly items: readonly Item[]
  readonly total_amount: number
  readonly status: 'pending' | 'processing' | 'completed' | 'cancelled' | 'failed'
  readonly shipping_address: Address
  readonly saga_id: string
  readonly failure_reason?: string
  readonly created_at: string
  readonly updated_at: string
}

export async function enterOrder(
  db: PgClient,
  order: Omit<Order, 'status' | 'created_at' | 'updated_at'>,
): Promise<Order> {
  const { id, customer_id, items, total_amount, shipping_address, saga_id } = order
  const values = [id, customer_id, JSON.stringify(items), total_amount, JSON.stringify(shipping_address), saga_id]
  const { rows } = await db.query<{ order: Order }>(enter, values)
  return rows[0]!.order
}

export async function findOrder(db: PgClient, id: string): Promise<Order | undefined> {
  const { rows } = await db.query<{ order: Order }>(byId, [id])
  return rows[0]?.order
}

export async function ordersOfCustomer(db: PgClient, customerId: string, page: number, limit: number) {
  const [counted, listed] = await Promise.all([
    db.query<{ total: number }>(countOfCustomer, [customerId]),
    db.query<{ order: Order }>(pageOfCustomer, [customerId, limit, (page - 1) * limit]),
  ])
  return { total: counted.rows[0]?.total ?? 0, orders: listed.rows.map(row => row.order) }
}

const shown = 'json_strip_nulls(to_json(orders)) as "order"'

const enter = `
  insert into orders (id, customer_id, items, total_amount, shipping_address, saga_id, status)
  values ($1, $2, $3, $4, $5, $6, 'processing')
  returning ${shown}
`

const byId = `select ${shown} from orders where id = $1`

const countOfCustomer = 'select count(*)::int as total from orders where customer_id = $1'

const pageOfCustomer = `
  select ${shown}
  from orders
  where customer_id = $1
  order by created_at desc, id desc
  limit $2 offset $3
`
