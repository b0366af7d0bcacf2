import { randomUUID } from 'node:crypto'
import { type Handler, handlersFor, type PgClient } from 'makegood'
import { toCents } from '../../runner/cents.ts'
import { chargePayment, type Payment, refundPayment } from '../messages.ts'
import { centsMax, fromCents } from '../money.ts'
import type { Provider } from '../provider/provider.ts'

const { callThenRecord } = handlersFor<PgClient>()

/** Charges and refunds at the bank, and keeps the payment. */
export function paymentHandlers(bank: Provider): Handler<PgClient>[] {
  return [
    callThenRecord(chargePayment, {
      keys: payment => [payment.order_id],
      callsMax: 64,
      call: async ({ order_id, amount }, { key, signal }) => {
        const amountCents = toCents(amount)
        if (amountCents === undefined || amountCents <= 0 || amountCents > centsMax) return invalidAmount
        return bank.do({ key, kind: 'charge', undoneBy: 'refund', orderId: order_id, amountCents }, signal)
      },
      record: async (charge, { payload, message, tx, succeed, fail }) => {
        const { order_id, customer_id, amount, payment_method } = payload
        const asked = [randomUUID(), order_id, customer_id, message.sagaId, amount, payment_method]
        if (charge.outcome === 'done') {
          const externalReference = `REF_${charge.reference.slice(-8)}`
          const { rows } = await tx.db.query<{ payment: Payment }>(enterPayment, [
            ...asked,
            charge.reference,
            externalReference,
          ])
          return succeed({ payment: rows[0]!.payment })
        }
        const refusal = { order_id, reason: charge.reason, amount }
        if (charge === invalidAmount) return fail('INVALID_AMOUNT', refusal)
        return fail('INSUFFICIENT_FUNDS', refusal, {
          record: tx => tx.db.query(enterFailedPayment, [...asked, charge.reason]),
        })
      },
    }),

    callThenRecord(refundPayment, {
      keys: refund => [refund.order_id],
      callsMax: 64,
      call: ({ order_id }, { key, signal }) =>
        bank.undo({ key, kind: 'refund', undoes: 'charge', orderId: order_id }, signal),
      record: async (refund, { payload, message, tx, succeed, fail }) => {
        if (refund.outcome === 'refused') return fail('REFUND_NOT_ALLOWED', { reason: refund.reason })
        const { order_id, customer_id } = payload
        const known = await tx.db.query<Refunded>(enterRefund, [order_id, message.sagaId, refund.reference])
        const { rows } =
          known.rows.length > 0 || refund.amountCents === 0 || customer_id === undefined
            ? known
            : // The charge was made, but the answer to it never came to be written: the money's way is shown all the same.
              await tx.db.query<Refunded>(enterChargeAndRefund, [
                randomUUID(),
                order_id,
                customer_id,
                message.sagaId,
                fromCents(refund.amountCents),
                refund.reference,
              ])
        return succeed(rows[0] ?? { refunded_amount: 0, total_refunded: 0 })
      },
    }),
  ]
}

const invalidAmount = { outcome: 'refused', reason: 'Invalid payment amount' } as const

interface Refunded {
  payment_id: string
  transaction_id?: string
  refund_reference: string
  refunded_amount: number
  total_refunded: number
}

/** A failed payment gives way to a later attempt, which only an operator asks for. */
const enterPayment = `
  insert into payments
    (id, order_id, customer_id, saga_id, amount, payment_method, transaction_id, external_ref, status, processed_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, 'completed', now())
  on conflict (order_id) do update
  set status = excluded.status,
      transaction_id = excluded.transaction_id,
      external_ref = excluded.external_ref,
      failure_reason = null,
      processed_at = now(),
      updated_at = now()
  returning json_strip_nulls(to_json(payments)) as payment
`

const enterFailedPayment = `
  insert into payments (id, order_id, customer_id, saga_id, amount, payment_method, failure_reason, status)
  values ($1, $2, $3, $4, $5, $6, $7, 'failed')
  on conflict (order_id) do update
  set failure_reason = excluded.failure_reason, updated_at = now()
`

const refunded = `
  id as payment_id,
  coalesce(transaction_id, '') as transaction_id,
  refund_reference,
  refunded_amount::float8 as refunded_amount,
  refunded_amount::float8 as total_refunded
`

const enterRefund = `
  update payments
  set status = 'refunded', refunded_amount = amount, refund_reference = $3, refunded_at = now(), updated_at = now()
  where order_id = $1 and saga_id = $2 and status = 'completed'
  returning ${refunded}
`

const enterChargeAndRefund = `
  insert into payments
    (id, order_id, customer_id, saga_id, amount, refunded_amount, refund_reference, payment_method, status, refunded_at)
  values ($1, $2, $3, $4, $5, $5, $6, 'credit_card', 'refunded', now())
  on conflict (order_id) do nothing
  returning ${refunded}
`
