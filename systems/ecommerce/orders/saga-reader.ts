import { HttpFailure, isUuid } from '../http-envelope.ts'
import type { SagaView } from '../orchestrator/saga-view.ts'
import type { Order } from './order-queries.ts'

/** Reads the saga of an order, wherever sagas are kept. */
export type SagaReader = (order: Order, requestId: string) => Promise<SagaView>

/**
 * Asks the orchestrator's HTTP. An order that it does not know yet has its first message still on the way.
 *
 * @throws HttpFailure 503, if it does not answer within three seconds.
 */
export function sagaReaderAt(orchestratorUrl: string): SagaReader {
  return async ({ id, saga_id, created_at }, requestId) => {
    const response = await fetch(`${orchestratorUrl}/api/v1/orders/${id}/saga`, {
      headers: { 'X-Request-ID': requestId },
      signal: AbortSignal.timeout(3_000),
    }).catch((error: unknown) => error)
    if (!(response instanceof Response)) throw away()
    if (response.status === 404) {
      const order_id = id
      return {
        saga_id,
        order_id,
        status: 'started',
        started_at: created_at,
        updated_at: created_at,
        steps: [],
        compensations: [],
      }
    }
    const answer = (await response.json().catch(() => undefined)) as { data?: SagaView } | undefined
    if (!response.ok || answer?.data === undefined || !isUuid(answer.data.saga_id)) throw away()
    return answer.data
  }
}

function away(): HttpFailure {
  return new HttpFailure(503, 'The saga orchestrator does not answer at present', { service: 'saga-orchestrator' })
}
