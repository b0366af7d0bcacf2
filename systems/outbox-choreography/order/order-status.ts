import { randomUUID } from 'node:crypto'
import type { PgClient, Tx } from 'makegood'
import { type OrderStatus, orderToPayment, orderToStock, type ToldOrder } from '../messages.ts'
import { OutOfOrder } from '../out-of-order.ts'

/** An order as it may be placed. */
export interface NewOrder {
  readonly customer_id: string
  readonly product_id: string
  readonly amount: string
  readonly quantity: number
}

/** Where an order may go from each status; from three of them nowhere. */
export const nextStatuses: { readonly [From in OrderStatus]: readonly OrderStatus[] } = {
  created: ['reserved', 'not_reserved'],
  reserved: ['payment_confirmed', 'payment_denied'],
  not_reserved: [],
  payment_confirmed: [],
  payment_denied: [],
}

/** Enters an order and tells both others of it: all or nothing. */
export async function placeOrder(tx: Tx<PgClient>, order: NewOrder, correlationId: string): Promise<ToldOrder> {
  const { customer_id, product_id, quantity, amount } = order
  const { rows } = await tx.db.query<{ order: ToldOrder }>(enter, [customer_id, product_id, quantity, amount])
  const placed = rows[0]!.order
  await tell(tx, placed, correlationId)
  return placed
}

/**
 * Takes an order to a status, tells both others, and notes for the customer that it is confirmed. One that is there
 * already, or has ended in another way, stays as it is.
 *
 * @throws OutOfOrder if the order is not there yet, or has not come so far
 */
export async function moveOrder(
  tx: Tx<PgClient>,
  orderId: number,
  to: OrderStatus,
  correlationId: string = randomUUID(),
): Promise<'moved' | 'stays'> {
  const from = Object.keys(nextStatuses).filter(status => nextStatuses[status as OrderStatus].includes(to))
  const { rows } = await tx.db.query<{ order: ToldOrder }>(move, [orderId, to, from])
  const order = rows[0]?.order
  if (order === undefined) return stays(await statusOf(tx.db, orderId), orderId, to)
  await tell(tx, order, correlationId)
  if (to === 'payment_confirmed') await tx.db.query(notify, [orderId, `Your order ${orderId} is confirmed.`])
  return 'moved'
}

/** Every change of an order is two messages. */
async function tell(tx: Tx<PgClient>, order: ToldOrder, correlationId: string): Promise<void> {
  // Counts where something begins; in the handling of a message both carry what it carried.
  const together = { sagaId: correlationId }
  await tx.publish(orderToStock[order.status], order, together)
  await tx.publish(orderToPayment[order.status], order, together)
}

function stays(status: OrderStatus | undefined, orderId: number, to: OrderStatus): 'stays' {
  if (status === undefined) throw new OutOfOrder(`There is no order ${orderId} that could be ${to}.`)
  if (nextStatuses[status].some(next => nextStatuses[next].includes(to))) {
    throw new OutOfOrder(`The order ${orderId} is ${status} and cannot be ${to} yet.`)
  }
  return 'stays'
}

async function statusOf(db: PgClient, orderId: number): Promise<OrderStatus | undefined> {
  const { rows } = await db.query<{ status: OrderStatus }>('select status from core_order where order_id = $1', [
    orderId,
  ])
  return rows[0]?.status
}

/** As it is shown, and told. */
export const shownOrder = `
  json_build_object(
    'amount', amount, 'customer_id', customer_id, 'order_id', order_id,
    'product_id', product_id, 'quantity', quantity, 'status', status
  ) as "order"
`

const enter = `
  insert into core_order (customer_id, product_id, quantity, amount)
  values ($1, $2, $3, $4)
  returning ${shownOrder}
`

const move = `
  update core_order
  set status = $2
  where order_id = $1 and status = any($3::text[])
  returning ${shownOrder}
`

const notify = `
  insert into core_notification (order_id, customer_id, message)
  select order_id, customer_id, $2
  from core_order
  where order_id = $1
`
