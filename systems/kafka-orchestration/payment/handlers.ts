import { type Handler, handlersFor, type PgClient } from 'makegood'
import { toCents } from '../../runner/cents.ts'
import { processPayment } from '../messages.ts'

const { handle } = handlersFor<PgClient>()

/** Charges the user's balance for an order, or says that it cannot; either is kept. */
export const paymentHandlers: Handler<PgClient>[] = [
  handle(
    processPayment,
    async ({ userID, orderID, amount }, { tx, succeed, fail }) => {
      const payment = [orderID, userID, toCents(amount)]
      const { rows } = await tx.db.query<{ status: string }>(charge, payment)
      const answer = { userID, orderID, amount }
      if (rows[0]?.status === 'PAYMENT_APPROVED') return succeed({ ...answer, status: 'PAYMENT_APPROVED' })
      return fail(
        'PAYMENT_REJECTED',
        { ...answer, status: 'PAYMENT_REJECTED' },
        { record: ({ db }) => db.query(enterRejected, payment) },
      )
    },
    { keys: ({ userID }) => [String(userID)] },
  ),
]

/** Debits only what is there, and for an order only once; no row if there was never a payment for it. */
const charge = `
  with debited as (
    update balances
    set balance_cents = balance_cents - $3::bigint
    where user_id = $2 and balance_cents >= $3::bigint and not exists (select from payments where order_id = $1)
    returning user_id
  ), approved as (
    insert into payments (order_id, user_id, amount_cents, status)
    select $1, user_id, $3::bigint, 'PAYMENT_APPROVED' from debited
    returning status
  )
  select status from approved
  union all
  select status from payments where order_id = $1
`

const enterRejected = `
  insert into payments (order_id, user_id, amount_cents, status)
  values ($1, $2, $3, 'PAYMENT_REJECTED')
  on conflict (order_id) do nothing
`
