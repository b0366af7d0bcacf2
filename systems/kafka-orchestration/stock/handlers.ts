import { type Handler, handlersFor, type PgClient } from 'makegood'
import { cancelProductReservation, reserveProduct } from '../messages.ts'

const { handle } = handlersFor<PgClient>()

/** Takes one piece for an order, and puts it back. */
export const stockHandlers: Handler<PgClient>[] = [
  handle(
    reserveProduct,
    async ({ userID, productID, orderID }, { tx, succeed, fail }) => {
      const { rows } = await tx.db.query<{ status: string }>(reserve, [orderID, productID])
      const answer = { userID, productID, orderID }
      return rows[0]?.status === 'RESERVED'
        ? succeed({ ...answer, status: 'AVAILABLE' })
        : fail('UNAVAILABLE', { ...answer, status: 'UNAVAILABLE' })
    },
    { keys: ({ productID }) => [String(productID)] },
  ),

  handle(
    cancelProductReservation,
    async ({ userID, productID, orderID }, { tx, succeed }) => {
      await tx.db.query(cancel, [orderID])
      return succeed({ userID, productID, orderID, status: 'CANCELLED' })
    },
    { keys: ({ productID }) => [String(productID)] },
  ),
]

/** Takes only if there is one, and for an order only once; no row if nothing was ever taken for it. */
const reserve = `
  with taken as (
    update stocks
    set quantity = quantity - 1
    where product_id = $2 and quantity > 0 and not exists (select from reservations where order_id = $1)
    returning product_id
  ), reserved as (
    insert into reservations (order_id, product_id, status)
    select $1, product_id, 'RESERVED' from taken
    returning status
  )
  select status from reserved
  union all
  select status from reservations where order_id = $1
`

const cancel = `
  with cancelled as (
    update reservations
    set status = 'CANCELLED'
    where order_id = $1 and status = 'RESERVED'
    returning product_id
  )
  update stocks
  set quantity = quantity + 1
  from cancelled
  where stocks.product_id = cancelled.product_id
`
