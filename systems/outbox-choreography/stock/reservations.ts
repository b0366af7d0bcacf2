import type { PgClient, Tx } from 'makegood'
import { stockToOrder, type ToldOrder } from '../messages.ts'
import { OutOfOrder } from '../out-of-order.ts'

export type ReservationStatus = keyof typeof stockToOrder

/** Where a reservation may go from each status. */
export const nextStatuses: { readonly [From in ReservationStatus]: readonly ReservationStatus[] } = {
  reserved: ['payment_denied'],
  not_reserved: [],
  payment_denied: [],
}

/** Reserves what an order wants, or notes that there is too little of it or no such product; once for each order. */
export async function reserve(
  tx: Tx<PgClient>,
  { order_id, product_id, quantity }: Pick<ToldOrder, 'order_id' | 'product_id' | 'quantity'>,
): Promise<void> {
  const { rows } = await tx.db.query<{ status: 'reserved' | 'not_reserved' }>(enter, [
    String(order_id),
    product_id,
    quantity,
  ])
  const status = rows[0]?.status
  if (status !== undefined) await tx.publish(stockToOrder[status], { order_id, status })
}

/**
 * Gives back what is reserved for an order; what is not reserved, or was given back before, stays as it is.
 *
 * @throws OutOfOrder if there is no reservation yet
 */
export async function giveBack(tx: Tx<PgClient>, order_id: number): Promise<'moved' | 'stays'> {
  const { rows } = await tx.db.query<{ found: boolean; moved: boolean }>(release, [String(order_id)])
  const { found, moved } = rows[0]!
  if (!found) throw new OutOfOrder(`There is no reservation for the order ${order_id} that could be given back.`)
  if (!moved) return 'stays'
  await tx.publish(stockToOrder.payment_denied, { order_id, status: 'payment_denied' })
  return 'moved'
}

/**
 * Two that reserve for the same order at the same time both find no reservation: the second then breaks the table's
 * rule of one for each order, and takes nothing.
 */
const enter = `
  with wanted as (
    select $1::text as order_id, $2::text as product_id, $3::integer as quantity
    where not exists (select from core_reservation where order_id = $1)
  ), taken as (
    update core_stock
    set quantity = core_stock.quantity - wanted.quantity
    from wanted
    where core_stock.product_id = wanted.product_id and core_stock.quantity >= wanted.quantity
    returning core_stock.id
  )
  insert into core_reservation (order_id, product_id, quantity, status)
  select order_id, product_id, quantity, case when exists (select from taken) then 'reserved' else 'not_reserved' end
  from wanted
  returning status
`

const release = `
  with released as (
    update core_reservation
    set status = 'payment_denied'
    where order_id = $1 and status = 'reserved'
    returning product_id, quantity
  ), returned as (
    update core_stock
    set quantity = core_stock.quantity + released.quantity
    from released
    where core_stock.product_id = released.product_id
  )
  select exists (select from core_reservation where order_id = $1) as found, exists (select from released) as moved
`
