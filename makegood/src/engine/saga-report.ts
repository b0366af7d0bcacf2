import { progressOf, type SagaState, type SagaStatus } from '../model/saga-state.ts'
import type { SagaRow } from '../ports/store.ts'

export interface SagaReport {
  readonly sagaId: string
  readonly definition: string
  readonly version: number
  readonly key: string
  readonly status: SagaStatus
  readonly state: SagaState
  readonly data: unknown
  /** The replies of the steps that have succeeded. */
  readonly replies: { readonly [step: string]: unknown }
}

export function reportOn({ id, definition, version, key, state, data }: SagaRow): SagaReport {
  const replies = Object.entries(progressOf(state)).flatMap(([name, { forward }]) =>
    forward.state === 'succeeded' ? [[name, forward.reply] as const] : [],
  )
  return {
    sagaId: id,
    definition,
    version,
    key,
    status: state.status,
    state,
    data,
    replies: Object.fromEntries(replies),
  }
}
