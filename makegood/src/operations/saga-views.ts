import type { Mask } from '../engine/masking.ts'
import { revisionOf } from '../engine/revision.ts'
import { payloadsIn, withPayloads } from '../model/payloads.ts'
import { causeOf, openStepsOf, type SagaState } from '../model/saga-state.ts'
import type { JournalEntry, SagaRow } from '../ports/store.ts'
import { type CauseView, type JournalView, runbookOfTrouble, type SagaView, type TroubleView } from './contract.ts'
import { time, timeOrNull } from './times.ts'

/** All that users have put into a saga. */
export function documentsOfSaga({ data, headers, state }: SagaRow): readonly unknown[] {
  return [data, headers, ...payloadsIn(state)]
}

/** A saga as a line in a list. */
export function sagaView(row: SagaRow, mask: Mask): SagaView {
  const { id, definition, version, key, state } = row
  return {
    id,
    definition,
    version,
    key: mask.text(key),
    status: state.status,
    revision: revisionOf(state),
    startedAt: time(row.startedAt),
    changedAt: time(row.changedAt),
    endedAt: timeOrNull(row.endedAt),
    wakeAt: timeOrNull(row.wakeAt),
    steps: openStepsOf(state),
    trouble: troubleView(state, mask),
    cause: causeView(state, mask),
  }
}

/** What is the engine's in a state is shown as it is: no mark of a field is about that. */
export function stateView(state: SagaState, mask: Mask): unknown {
  const shown = withPayloads(state, payload => mask.document(payload))
  switch (shown.status) {
    case 'stuck':
      return { ...shown, trouble: { ...shown.trouble, says: mask.text(shown.trouble.says) } }
    case 'abandoned':
      return { ...shown, reason: mask.text(shown.reason) }
    case 'running':
    case 'compensating':
    case 'completed':
    case 'compensated':
      return shown
  }
}

export function journalView(
  { at, kind, step, detail }: JournalEntry & { readonly at: number },
  mask: Mask,
): JournalView {
  return { at: time(at), kind, step: step ?? null, detail: mask.document(detail ?? null) }
}

function troubleView(state: SagaState, mask: Mask): TroubleView | null {
  if (state.status !== 'stuck') return null
  const { code, step, says } = state.trouble
  return { code, step: step ?? null, says: mask.text(says), runbook: runbookOfTrouble(code) }
}

function causeView(state: SagaState, mask: Mask): CauseView | null {
  const cause = causeOf(state)
  return cause === undefined
    ? null
    : { step: cause.step, code: cause.code, details: mask.document(cause.details ?? null) }
}
