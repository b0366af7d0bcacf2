import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { MakegoodError, type PgClient, progressOf, type SagaRow, type Service } from 'makegood'
import { HttpRefusal } from '../../runner/fastapi/fields.ts'
import type { NewOrder } from '../messages.ts'
import { ordering } from '../ordering.ts'
import { isSameOrder, keyReused } from '../orders/new-order.ts'

type Orchestrator = Service<string, PgClient>

/** How long a request waits for the order service, in milliseconds. */
const waitMsMax = 5_000

/**
 * Commits the intent, which is the saga before its first step, and waits until that has entered the order. The saga does
 * not need the request for it: if this process ends, it goes on without.
 *
 * @throws HttpRefusal 503 if there is no order in time: the intent is closed, and the same key begins anew.
 */
export async function placeOrder(
  orchestrator: Orchestrator,
  wanted: NewOrder,
  key: string | undefined,
): Promise<{ readonly saga_id: string; readonly order_id: number }> {
  const { sagaId, isNew } = await intend(orchestrator, wanted, key)
  const order = await untilEntered(orchestrator, sagaId, wanted)
  if (typeof order === 'number') return { saga_id: sagaId, order_id: order }
  // Whoever repeats a request that is still under way does not end it.
  const late = order === 'open' && isNew ? await close(orchestrator, sagaId) : undefined
  if (late !== undefined) return { saga_id: sagaId, order_id: late }
  if (order === 'none' || isNew) await orchestrator.transaction(({ db }) => db.query(forgetKey, [sagaId]))
  throw new HttpRefusal(503, 'The order service does not answer at present')
}

async function intend(orchestrator: Orchestrator, wanted: NewOrder, key: string | undefined) {
  return orchestrator.transaction(async tx => {
    if (key !== undefined) {
      // Waits for a request with the same key that is under way, and then sees what became of it.
      await tx.db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`order request ${key}`])
      const { rows } = await tx.db.query<{ saga_id: string }>(sagaOfKey, [key])
      if (rows[0] !== undefined) return { sagaId: rows[0].saga_id, isNew: false }
    }
    const { sagaId } = await tx.start(ordering, wanted, { key: randomUUID() })
    await tx.db.query(enterSaga, [sagaId, key])
    return { sagaId, isNew: true }
  })
}

/** The order's number; `none` if the saga has ended without one, `open` if nobody knows yet. */
async function untilEntered(
  { queries }: Orchestrator,
  sagaId: string,
  wanted: NewOrder,
): Promise<number | 'none' | 'open'> {
  const until = performance.now() + waitMsMax
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 200)) {
    const saga = await queries.saga(sagaId)
    if (saga === undefined) return 'none'
    if (!isSameOrder(saga.data as NewOrder, wanted)) throw keyReused()
    const entered = orderIn(saga)
    if (entered !== undefined) return entered
    if (saga.state.status !== 'running') return 'none'
    if (performance.now() > until) return 'open'
    await sleep(pauseMs)
  }
}

/** Calls the saga off. Resolves with the order's number if it cannot be called off any more. */
async function close(orchestrator: Orchestrator, sagaId: string): Promise<number | undefined> {
  try {
    await orchestrator.cancel(sagaId, 'The order service does not answer')
    return undefined
  } catch (error) {
    if (!(error instanceof MakegoodError && error.code === 'ACTION_REFUSED')) throw error
    const saga = await orchestrator.queries.saga(sagaId)
    return saga && orderIn(saga)
  }
}

function orderIn({ state }: SagaRow): number | undefined {
  const step = progressOf(state)['create_order']?.forward
  return step?.state === 'succeeded' ? (step.reply as { order_id: number }).order_id : undefined
}

const sagaOfKey = 'select saga_id from sagas where idempotency_key = $1'
const enterSaga = 'insert into sagas (saga_id, idempotency_key) values ($1, $2)'
const forgetKey = 'update sagas set idempotency_key = null where saga_id = $1'
