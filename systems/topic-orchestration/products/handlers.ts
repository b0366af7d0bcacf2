import { type Handler, handlersFor, type PgClient } from 'makegood'
import { checkStock, restock, updateStock } from '../messages.ts'

const { handle } = handlersFor<PgClient>()

const byProduct = { keys: ({ product_id }: { readonly product_id: number }) => [String(product_id)] }
const insufficient = 'Insufficient stock'

/** Says whether there is enough and what it costs, takes it, and puts back what was taken. */
export const productHandlers: Handler<PgClient>[] = [
  handle(
    checkStock,
    async (payload, { tx, succeed, fail }) => {
      const { rows } = await tx.db.query<{ total_price: number }>(priced, [payload.product_id, payload.quantity])
      const [found] = rows
      return found === undefined ? fail('REFUSED', { reason: insufficient, payload }) : succeed({ ...found, payload })
    },
    byProduct,
  ),

  handle(
    updateStock,
    async (payload, { tx, message, succeed, fail }) => {
      const { product_id, quantity, order_id } = payload
      const { rows } = await tx.db.query(withdraw, [message.sagaId, order_id, product_id, quantity])
      return rows.length > 0 ? succeed({ payload }) : fail('REFUSED', { reason: insufficient, payload })
    },
    byProduct,
  ),

  // As much as was taken, whatever the message says. A product that is no longer sold needs none back.
  handle(
    restock,
    async (payload, { tx, message, succeed }) => {
      await tx.db.query(putBack, [message.sagaId])
      return succeed({ payload })
    },
    byProduct,
  ),
]

const priced = `
  select (price_cents * $2::integer / 100.0)::float8 as total_price
  from products
  where id = $1::integer and $2::integer > 0 and stock >= $2::integer
`

const withdraw = `
  with withdrawn as (
    update products
    set stock = stock - $4::integer
    where id = $3::integer and $4::integer > 0 and stock >= $4::integer
    returning id
  )
  insert into withdrawals (saga_id, order_id, product_id, quantity)
  select $1::text, $2::integer, id, $4::integer
  from withdrawn
  returning saga_id
`

const putBack = `
  with restocked as (
    update withdrawals
    set restocked_at = now()
    where saga_id = $1 and restocked_at is null
    returning product_id, quantity
  )
  update products
  set stock = stock + restocked.quantity
  from restocked
  where products.id = restocked.product_id
`
