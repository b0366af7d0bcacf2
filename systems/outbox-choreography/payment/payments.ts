import { randomUUID } from 'node:crypto'
import type { PgClient, Tx } from 'makegood'
import { toCents } from '../amount.ts'
import { paymentToOrder, type ToldOrder } from '../messages.ts'

/** Decides on the payment of an order, once: confirmed up to and including the limit, denied above it. */
export async function pay(
  tx: Tx<PgClient>,
  { order_id, customer_id, amount }: Pick<ToldOrder, 'order_id' | 'customer_id' | 'amount'>,
  limitCents: bigint,
): Promise<void> {
  const cents = toCents(amount)
  if (cents === undefined) throw new Error(`${amount} is not an amount.`)
  const status = cents <= limitCents ? 'payment_confirmed' : 'payment_denied'
  const values = [randomUUID(), customer_id, String(order_id), amount, status]
  const { rows } = await tx.db.query(enter, values)
  if (rows.length > 0) await tx.publish(paymentToOrder[status], { order_id, status })
}

const enter = `
  insert into core_payment (payment_id, customer_id, order_id, amount, status)
  values ($1, $2, $3, $4, $5)
  on conflict (order_id) do nothing
  returning payment_id
`
