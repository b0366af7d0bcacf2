import { createHash } from 'node:crypto'
import type { SagaState } from '../model/saga-state.ts'

/**
 * A short hash of a saga's state as JSON: what a person decided on one is done only if it still is that one. It needs no
 * column, and costs nothing where no person asks.
 */
export function revisionOf(state: SagaState): string {
  return createHash('sha256').update(JSON.stringify(state)).digest('hex').slice(0, 16)
}
