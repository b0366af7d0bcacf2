import {
  type ActOnSagas,
  itemsMax,
  type RequestedAction,
  routes,
  type SagaActionResults,
} from 'makegood/operations/contract'
import { post } from '../../api/request.ts'
import type { BulkWork } from '../../parts/bulk/in-pages.ts'
import type { ListedSaga } from './merge.ts'

/** An action on sagas that somebody has chosen, each as it was shown. */
export function onSagas(sagas: readonly ListedSaga[], action: RequestedAction): BulkWork {
  return {
    async page(cursor, how) {
      const at = Number(cursor ?? 0)
      const items = sagas.slice(at, at + itemsMax).map(({ id, revision }) => ({ id, revision }))
      const request: ActOnSagas = { items, action, ...how }
      const { results } = await post<SagaActionResults>(routes.actOnSagas.path, request)
      return {
        results: results.map(({ id, outcome, says }) => ({ target: id, outcome, says })),
        next: at + itemsMax < sagas.length ? String(at + itemsMax) : null,
      }
    },
  }
}
