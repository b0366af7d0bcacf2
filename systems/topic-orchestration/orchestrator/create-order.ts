import { type Handler, handlersFor, type PgClient, type ReceivedMessage } from 'makegood'
import { createOrder, type NewOrder } from '../messages.ts'
import type { Order } from '../orders/order-queries.ts'

const { callThenRecord } = handlersFor<PgClient>()

/**
 * Enters the order of a saga by a call to the order service. The saga's id is the key of the call: it is the same order,
 * however often it is made, by whichever process.
 */
export function orderCreation(orderServiceUrl: string): Handler<PgClient> {
  return callThenRecord(createOrder, {
    keys: () => [],
    callMsMax: 3_000,
    callsMax: 64,
    call: (order, { message, signal }) => entered(`${orderServiceUrl}/orders`, order, message, signal),
    record: async (created, { tx, message, succeed, fail }) => {
      if ('refusal' in created) return fail('REFUSED', { reason: created.refusal })
      await tx.db.query('update sagas set order_id = $2 where saga_id = $1', [message.sagaId, created.id])
      return succeed({ order_id: created.id })
    },
  })
}

/** @throws Error if it is not known whether it was entered: the same call tells. */
async function entered(
  url: string,
  order: NewOrder,
  { sagaId, attempt }: ReceivedMessage,
  signal: AbortSignal,
): Promise<Pick<Order, 'id'> | { readonly refusal: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': sagaId! },
    body: JSON.stringify(order),
    signal,
  }).catch((error: unknown) => {
    // An earlier call may have got through.
    if (attempt === 1 && isNobodyThere(error)) return undefined
    throw error
  })
  if (response === undefined) return { refusal: 'The order service is away' }
  if (response.ok) return (await response.json()) as Order
  const says = `The order service answers ${response.status}: ${(await response.text()).slice(0, 200)}`
  if (response.status < 500) return { refusal: says }
  throw new Error(says)
}

/** Nothing was sent: no connection was made. */
function isNobodyThere(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && ['ECONNREFUSED', 'ENOTFOUND'].includes(String(cause.code))
}
