import { handlersFor, type PgClient, type Reaction } from 'makegood'
import { orderFulfilled, orderRejected } from '../messages.ts'

const { on } = handlersFor<PgClient>()

/** A paid order is confirmed. */
export const fulfillment: Reaction<PgClient> = on(
  orderFulfilled,
  ({ order_id }, { tx, reject }) => end({ db: tx.db, reject }, order_id, 'confirmed', null),
  { keys: order => [String(order.order_id)] },
)

/** An order that cannot be paid is cancelled. */
export const rejection: Reaction<PgClient> = on(
  orderRejected,
  ({ order_id, reason }, { tx, reject }) => end({ db: tx.db, reject }, order_id, 'cancelled', reason ?? 'Rejected'),
  { keys: order => [String(order.order_id)] },
)

async function end(
  { db, reject }: { readonly db: PgClient; readonly reject: (reason: string) => never },
  orderId: number,
  status: string,
  reason: string | null,
): Promise<void> {
  const { rows } = await db.query<{ is_known: boolean }>(endPending, [orderId, status, reason])
  // Somebody may have been charged for it: not to be passed over, but a dead letter for a person to see.
  if (!rows[0]?.is_known) reject(`There is no order ${orderId} that could be ${status}.`)
}

/** An order that has ended stays as it is. */
const endPending = `
  with ended as (
    update orders
    set status = $2, reason = $3, updated_at = now()
    where id = $1 and status = 'pending'
  )
  select exists (select from orders where id = $1) as is_known
`
