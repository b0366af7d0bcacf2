import { type Handler, handlersFor, type PgClient } from 'makegood'
import { failOrder, updateStatus } from '../messages.ts'
import { endOrder, enterFailed } from './order-queries.ts'

const { handle } = handlersFor<PgClient>()

/** Ends an order as its saga says. One that has ended stays as it is. */
export const orderHandlers: Handler<PgClient>[] = [
  handle(
    updateStatus,
    async (payload, { tx, message, succeed, fail }) => {
      const { order_id, status } = payload
      const order = await endOrder(tx.db, { id: order_id, sagaId: message.sagaId!, status })
      if (order === undefined) return fail('REFUSED', { reason: 'Order not found', payload })
      if (order.order_status === status) return succeed({ ...order, payload })
      return fail('REFUSED', { reason: `Order is ${order.order_status}`, payload })
    },
    { keys: ({ order_id }) => [String(order_id)] },
  ),

  handle(
    failOrder,
    async (payload, { tx, message, succeed, fail }) => {
      const sagaId = message.sagaId!
      if (!('order_id' in payload)) return succeed({ ...(await enterFailed(tx.db, sagaId, payload)), payload })
      const order = await endOrder(tx.db, { id: payload.order_id, sagaId, status: 'FAILED' })
      // There is nothing to fail in one that somebody has removed.
      if (order === undefined || order.order_status === 'FAILED') return succeed({ ...order, payload })
      return fail('REFUSED', { reason: `Order is ${order.order_status}`, payload })
    },
    { keys: payload => ('order_id' in payload ? [String(payload.order_id)] : []) },
  ),
]
