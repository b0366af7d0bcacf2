import { handlersFor, type PgClient, type Reaction } from 'makegood'
import { orderCancelled, orderCompleted } from '../messages.ts'

const { on } = handlersFor<PgClient>()

/** Takes the saga's end into the order. */
export const orderReactions: Reaction<PgClient>[] = [
  on(
    orderCompleted,
    async ({ order_id }, { tx, message }) => {
      await tx.db.query(complete, [order_id, message.sagaId])
    },
    { keys: order => [order.order_id] },
  ),
  on(
    orderCancelled,
    async ({ order_id, reason }, { tx, message }) => {
      await tx.db.query(cancel, [order_id, message.sagaId, reason])
    },
    { keys: order => [order.order_id] },
  ),
]

const complete = `
  update orders
  set status = 'completed', updated_at = now()
  where id = $1 and saga_id = $2 and status in ('pending', 'processing')
`

/** A completed order too: an operator has had it made good. */
const cancel = `
  update orders
  set status = 'cancelled', failure_reason = $3, updated_at = now()
  where id = $1 and saga_id = $2 and status in ('pending', 'processing', 'completed')
`
