import { revisionOf } from '../engine/revision.ts'
import type { Cause } from '../model/failure.ts'
import { causeOf, openStepsOf, type SagaState, type Steps } from '../model/saga-state.ts'
import type { JournalEntry, SagaRow } from '../ports/store.ts'
import { type CauseView, type JournalView, runbookOfTrouble, type SagaView, type TroubleView } from './contract.ts'
import type { Mask } from './masking.ts'
import { time, timeOrNull } from './times.ts'

/** All that users have put into a saga. */
export function documentsOfSaga({ data, headers, state }: SagaRow): readonly unknown[] {
  const documents: unknown[] = [data, headers]
  withPayloads(state, payload => {
    documents.push(payload)
    return payload
  })
  return documents
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

// ── What users have put into a state ────────────────────────────────────────────────────────────────────────────────

type Change = (payload: unknown) => unknown

/** The state with each of its payloads changed: replies, details of failures, and what is still to be decided. */
function withPayloads<State extends SagaState>(state: State, change: Change): State
function withPayloads(state: SagaState, change: Change): SagaState {
  switch (state.status) {
    case 'running':
      return { ...state, steps: inSteps(state.steps, change), cause: state.cause && inCause(state.cause, change) }
    case 'compensating':
    case 'compensated':
      return { ...state, steps: inSteps(state.steps, change), cause: inCause(state.cause, change) }
    case 'stuck': {
      const undecided = state.undecided && (change(state.undecided) as typeof state.undecided)
      return { ...state, was: withPayloads(state.was, change), undecided }
    }
    case 'completed':
    case 'abandoned':
      return { ...state, steps: inSteps(state.steps, change) }
  }
}

function inSteps(steps: Steps, change: Change): Steps {
  return Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [name, { ...step, forward: inForward(step.forward, change) }]),
  )
}

function inForward(forward: Steps[string]['forward'], change: Change): Steps[string]['forward'] {
  switch (forward.state) {
    case 'succeeded':
      return { ...forward, reply: change(forward.reply) }
    case 'failed':
      return { ...forward, details: change(forward.details) }
    case 'closing':
      if (forward.instead.kind === 'skip') return forward
      return { ...forward, instead: { ...forward.instead, reply: change(forward.instead.reply) } }
    case 'open':
    case 'pausing':
    case 'in doubt':
    case 'skipped':
      return forward
  }
}

function inCause(cause: Cause, change: Change): Cause {
  return { ...cause, details: change(cause.details) }
}
