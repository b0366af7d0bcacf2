import type { PgClient } from 'makegood'
import Type, { type Static } from 'typebox'
import { orderStatuses } from '../messages.ts'
import type { NewOrder } from './new-order.ts'

/** An order as it is shown. */
export type Order = Static<typeof Order>
export const Order = Type.Object({
  id: Type.Integer(),
  customer_id: Type.Integer(),
  product_id: Type.Integer(),
  status: Type.Enum([...orderStatuses]),
  quantity: Type.Integer(),
  total_price: Type.Number(),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  reason: Type.Union([Type.String(), Type.Null()]),
})

/** Enters a pending order; undefined, and nothing entered, if there is no such product. */
export async function enterOrder(db: PgClient, order: NewOrder): Promise<Order | undefined> {
  const { customer_id, product_id, quantity, total_price_cents } = order
  const { rows } = await db.query<Found>(enter, [customer_id, product_id, quantity, total_price_cents])
  return rows[0]?.order
}

export async function findOrder(db: PgClient, id: number): Promise<Order | undefined> {
  const { rows } = await db.query<Found>(byId, [id])
  return rows[0]?.order
}

/** Newest first. */
export async function listOrders(db: PgClient, skip: number, limit: number): Promise<Order[]> {
  const { rows } = await db.query<Found>(page, [skip, limit])
  return rows.map(row => row.order)
}

interface Found {
  readonly order: Order
}

const time = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const shown = `
  json_build_object(
    'id', id, 'customer_id', customer_id, 'product_id', product_id, 'status', status, 'quantity', quantity,
    'total_price', total_price_cents / 100.0, 'created_at', ${time('created_at')}, 'updated_at', ${time('updated_at')},
    'reason', reason
  ) as "order"
`

const enter = `
  insert into orders (customer_id, product_id, quantity, total_price_cents)
  select $1::integer, products.id, $3::integer, $4::bigint
  from products
  where products.id = $2::integer
  returning ${shown}
`

const byId = `select ${shown} from orders where id = $1`

const page = `
  select ${shown}
  from orders
  order by id desc
  offset $1
  limit $2
`
