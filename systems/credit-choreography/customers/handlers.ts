import { handlersFor, type PgClient, type Reaction } from 'makegood'
import { toCents } from '../../runner/cents.ts'
import { type CreatedOrder, orderCreated, orderFulfilled, orderRejected } from '../messages.ts'

const { on } = handlersFor<PgClient>()

/** Pays an order from the customer's balance, keeps the payment, and tells what became of it: all or nothing. */
export const payment: Reaction<PgClient> = on(
  orderCreated,
  async (order, { tx }) => {
    const { order_id, customer_id, product_id, quantity, total_price, created_at } = order
    const paid = { order_id, customer_id, product_id, quantity, total_price }
    const refusal = await charge(tx.db, order)
    if (refusal === null) await tx.publish(orderFulfilled, { ...paid, status: 'FULFILLED', created_at })
    else await tx.publish(orderRejected, { ...paid, status: 'REJECTED', created_at, reason: refusal })
  },
  { keys: order => [String(order.customer_id)] },
)

/** Resolves with why not, or null if it is charged. */
async function charge(db: PgClient, { order_id, customer_id, total_price }: CreatedOrder): Promise<string | null> {
  const { rows } = await db.query<{ reason: string | null }>(debitAndEnterPayment, [
    customer_id,
    order_id,
    toCents(total_price),
  ])
  return rows[0]!.reason
}

/** The balance goes down only if it is high enough; the payment says whether it did. */
const debitAndEnterPayment = `
  with debited as (
    update customers
    set balance_cents = balance_cents - $3::bigint
    where id = $1::integer and balance_cents >= $3::bigint
    returning id
  ), outcome as (
    select case
      when exists (select from debited) then null
      when exists (select from customers where id = $1::integer) then 'Insufficient balance'
      else 'Customer not found'
    end as reason
  )
  insert into payments (customer_id, order_id, amount_cents, status, reason)
  select $1::integer, $2::integer, $3::bigint, case when reason is null then 'completed' else 'failed' end, reason
  from outcome
  returning reason
`
