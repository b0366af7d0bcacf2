import { type Handler, handlersFor, type PgClient } from 'makegood'
import { toCents } from '../../runner/cents.ts'
import { checkBalance, refund, updateBalance } from '../messages.ts'

const { handle } = handlersFor<PgClient>()

const byUser = { keys: ({ owner_id }: { readonly owner_id: number }) => [String(owner_id)] }

/** Says whether a balance will do, takes from it, and gives back what was taken. */
export const userHandlers: Handler<PgClient>[] = [
  handle(
    checkBalance,
    async (payload, { tx, succeed, fail }) => {
      const { owner_id, amount } = payload
      const { rows } = await tx.db.query<Outcome>(whyNot, [owner_id, toCents(amount)])
      const { reason } = rows[0]!
      return reason === null ? succeed({ payload }) : fail('REFUSED', { reason, payload })
    },
    byUser,
  ),

  handle(
    updateBalance,
    async (payload, { tx, message, succeed, fail }) => {
      const { owner_id, amount, order_id } = payload
      const { rows } = await tx.db.query(debit, [message.sagaId, order_id, owner_id, toCents(amount)])
      if (rows.length > 0) return succeed({ payload })
      const { rows: found } = await tx.db.query<Outcome>(whyNot, [owner_id, toCents(amount)])
      const { reason } = found[0]!
      if (reason === null) throw new Error('The balance was too low and has just been raised. Try again.')
      return fail('REFUSED', { reason, payload })
    },
    byUser,
  ),

  // As much as was taken, whatever the message says; nothing, if nothing was.
  handle(
    refund,
    async (payload, { tx, message, succeed, fail }) => {
      const { rows } = await tx.db.query<{ owed: boolean; paid: boolean }>(giveBack, [message.sagaId])
      const { owed, paid } = rows[0]!
      return owed && !paid ? fail('REFUSED', { reason: 'User not found', payload }) : succeed({ payload })
    },
    byUser,
  ),
]

interface Outcome {
  readonly reason: 'User not found' | 'Insufficient balance' | null
}

const whyNot = `
  select case
    when found.balance_cents >= $2::bigint then null
    when found.id is null then 'User not found'
    else 'Insufficient balance'
  end as reason
  from (select $1::integer as id) as wanted
  left join users as found on found.id = wanted.id
`

const debit = `
  with debited as (
    update users
    set balance_cents = balance_cents - $4::bigint
    where id = $3::integer and balance_cents >= $4::bigint
    returning id
  )
  insert into debits (saga_id, order_id, user_id, amount_cents)
  select $1::text, $2::integer, id, $4::bigint
  from debited
  returning saga_id
`

const giveBack = `
  with refunded as (
    update debits
    set refunded_at = now()
    where saga_id = $1 and refunded_at is null
    returning user_id, amount_cents
  ), credited as (
    update users
    set balance_cents = balance_cents + refunded.amount_cents
    from refunded
    where users.id = refunded.user_id
    returning users.id
  )
  select exists (select from refunded) as owed, exists (select from credited) as paid
`
