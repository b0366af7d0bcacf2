import { randomUUID } from 'node:crypto'
import { type Handler, handlersFor, type PgClient } from 'makegood'
import { type Notification, sendNotification } from '../messages.ts'
import type { Provider } from '../provider/provider.ts'

const { callThenRecord } = handlersFor<PgClient>()

/** Tells the customer, and keeps what was told. */
export function notificationHandlers(mail: Provider): Handler<PgClient>[] {
  return [
    callThenRecord(sendNotification, {
      keys: notification => [notification.order_id],
      callsMax: 64,
      call: ({ order_id }, { key, signal }) =>
        mail.do({ key, kind: 'notification', orderId: order_id, amountCents: 0 }, signal),
      record: async (mailed, { payload, message, tx, succeed, fail }) => {
        const { order_id, customer_id } = payload
        const row = [randomUUID(), order_id, customer_id, message.sagaId, payload.message]
        if (mailed.outcome === 'refused') {
          return fail(
            'PROVIDER_UNAVAILABLE',
            { order_id, reason: mailed.reason },
            {
              record: tx => tx.db.query(enterNotification, [...row, 'failed', mailed.reason]),
            },
          )
        }
        const { rows } = await tx.db.query<{ notification: Notification }>(enterNotification, [...row, 'sent', null])
        return succeed({ notification: rows[0]!.notification })
      },
    }),
  ]
}

const enterNotification = `
  insert into notifications
    (id, order_id, customer_id, saga_id, message, status, failure_reason, sent_at, type, subject, recipient)
  values
    ($1, $2, $3, $4, $5, $6, $7, case when $6 = 'sent' then now() end, 'email', '', 'customer@example.com')
  on conflict (order_id) do update
  set status = excluded.status,
      failure_reason = excluded.failure_reason,
      sent_at = excluded.sent_at,
      updated_at = now()
  returning json_strip_nulls(to_json(notifications)) as notification
`
