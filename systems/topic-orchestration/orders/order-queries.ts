import type { PgClient } from 'makegood'
import Type, { type Static } from 'typebox'
import { type NewOrder, orderStatuses } from '../messages.ts'

/** An order as it is shown. */
export type Order = Static<typeof Order>
export const Order = Type.Object({
  id: Type.Integer(),
  product_id: Type.Integer(),
  owner_id: Type.Integer(),
  quantity: Type.Integer(),
  status: Type.Enum([...orderStatuses]),
})

/** An order as its saga is told of it. */
export interface ToldOrder extends NewOrder {
  readonly order_id: number
  readonly order_status: Order['status']
}

export async function enterOrder(db: PgClient, { product_id, owner_id, quantity }: NewOrder): Promise<Order> {
  const { rows } = await db.query<Order>(enter, [product_id, owner_id, quantity])
  return rows[0]!
}

/** The order of a saga: the same one, however often it is entered. */
export async function enterOrderOf(db: PgClient, sagaId: string, wanted: NewOrder): Promise<Order> {
  const { product_id, owner_id, quantity } = wanted
  const { rows } = await db.query<Order>(enterForSaga, [product_id, owner_id, quantity, sagaId])
  return rows[0] ?? (await db.query<Order>(bySaga, [sagaId])).rows[0]!
}

/** The saga has ended without knowing its order: whether there is one or is still to come, it is FAILED. */
export async function enterFailed(db: PgClient, sagaId: string, wanted: NewOrder): Promise<ToldOrder> {
  const { product_id, owner_id, quantity } = wanted
  const { rows } = await db.query<ToldOrder>(fail, [product_id, owner_id, quantity, sagaId])
  return rows[0]!
}

/** Ends it if it is still PROCESSING. Resolves with what it then is; undefined if the saga has no such order. */
export async function endOrder(
  db: PgClient,
  { id, sagaId, status }: { readonly id: number; readonly sagaId: string; readonly status: 'SUCCESS' | 'FAILED' },
): Promise<ToldOrder | undefined> {
  const { rows } = await db.query<ToldOrder>(end, [id, sagaId, status])
  return rows[0]
}

export async function findOrder(db: PgClient, id: number): Promise<Order | undefined> {
  const { rows } = await db.query<Order>(byId, [id])
  return rows[0]
}

export async function listOrders(db: PgClient, skip: number, limit: number): Promise<Order[]> {
  const { rows } = await db.query<Order>(page, [skip, limit])
  return rows
}

/** Resolves with what became of it. */
export async function deleteOrder(db: PgClient, id: number): Promise<'deleted' | 'under way' | 'not found'> {
  const { rows } = await db.query<{ outcome: 'deleted' | 'under way' | 'not found' }>(remove, [id])
  return rows[0]!.outcome
}

const shown = 'id, product_id, owner_id, quantity, status'
const told = 'id as order_id, product_id, owner_id, quantity, status as order_status'

const enter = `
  insert into orders (product_id, owner_id, quantity)
  values ($1, $2, $3)
  returning ${shown}
`

const enterForSaga = `
  insert into orders (product_id, owner_id, quantity, saga_id)
  values ($1, $2, $3, $4)
  on conflict (saga_id) do nothing
  returning ${shown}
`

const bySaga = `select ${shown} from orders where saga_id = $1`

const fail = `
  insert into orders as known (product_id, owner_id, quantity, saga_id, status)
  values ($1, $2, $3, $4, 'FAILED')
  on conflict (saga_id) do update
  set status = case known.status when 'PROCESSING' then 'FAILED' else known.status end
  returning ${told}
`

const end = `
  update orders
  set status = case status when 'PROCESSING' then $3 else status end
  where id = $1 and coalesce(saga_id, $2) = $2
  returning ${told}
`

const byId = `select ${shown} from orders where id = $1`

const page = `
  select ${shown}
  from orders
  order by id
  offset $1
  limit $2
`

/** One whose saga is running stays: the saga has to end it. */
const remove = `
  with deleted as (
    delete from orders
    where id = $1 and not (saga_id is not null and status = 'PROCESSING')
    returning id
  )
  select case
    when exists (select from deleted) then 'deleted'
    when exists (select from orders where id = $1) then 'under way'
    else 'not found'
  end as outcome
`
