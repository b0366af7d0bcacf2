import { createHash } from 'node:crypto'
import type { PgClient, Tx } from 'makegood'
import { uuidv7 } from 'uuidv7'
import { HttpFailure } from '../http-envelope.ts'
import { orderPlaced } from '../messages.ts'
import type { NewOrder } from './new-order.ts'
import { enterOrder, findOrder, type Order } from './order-queries.ts'

/** The order and the event that starts its saga: both or neither. */
export async function place(tx: Tx<PgClient>, wanted: NewOrder): Promise<Order> {
  const order = await enterOrder(tx.db, { id: uuidv7(), saga_id: uuidv7(), ...wanted })
  const { saga_id, ...told } = order
  await tx.publish(orderPlaced, { order: { ...told, items: wanted.items, status: 'pending' } }, { sagaId: saga_id })
  return order
}

/** The same key again is the same order; with another body it is refused. */
export async function placeOnce(tx: Tx<PgClient>, wanted: NewOrder, key: string): Promise<Order> {
  const digest = createHash('sha256').update(JSON.stringify(wanted)).digest('base64')
  // Waits for a request with the same key that is under way, and then sees what became of it.
  await tx.db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`order request ${key}`])
  const { rows } = await tx.db.query<{ body_digest: string; order_id: string }>(requestOf, [key])
  const [earlier] = rows
  if (earlier !== undefined) {
    if (earlier.body_digest === digest) return (await findOrder(tx.db, earlier.order_id))!
    throw new HttpFailure(409, 'Idempotency-Key was used for another order', { order_id: earlier.order_id })
  }
  const order = await place(tx, wanted)
  await tx.db.query(enterRequest, [key, digest, order.id])
  return order
}

const requestOf = 'select body_digest, order_id from order_requests where idempotency_key = $1'

const enterRequest = 'insert into order_requests (idempotency_key, body_digest, order_id) values ($1, $2, $3)'
