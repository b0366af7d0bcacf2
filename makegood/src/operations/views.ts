import type { SagaStatus } from '../model/saga-state.ts'
import type { InboxRow, JournalEntry, SagaRow } from '../ports/store.ts'

/** A saga as a line in a list. */
export interface SagaView {
  readonly id: string
  readonly definition: string
  readonly version: number
  readonly key: string
  readonly status: SagaStatus
  readonly startedAt: string
  readonly changedAt: string
  readonly endedAt: string | null
  /** When something happens with it even if nothing arrives. */
  readonly wakeAt: string | null
  /** What a person on call needs to know first, if it is stuck. */
  readonly trouble: unknown
}

export function sagaView(row: SagaRow): SagaView {
  const { id, definition, version, key, state } = row
  return {
    id,
    definition,
    version,
    key,
    status: state.status,
    startedAt: time(row.startedAt),
    changedAt: time(row.changedAt),
    endedAt: timeOrNull(row.endedAt),
    wakeAt: timeOrNull(row.wakeAt),
    trouble: state.status === 'stuck' ? state.trouble : null,
  }
}

export function sagaViewInFull(row: SagaRow): SagaView & Pick<SagaRow, 'state' | 'data' | 'headers'> {
  const { state, data, headers } = row
  return { ...sagaView(row), state, data, headers }
}

export interface JournalView {
  readonly at: string
  readonly kind: string
  readonly step: string | null
  readonly detail: unknown
}

export function journalView({ at, kind, step, detail }: JournalEntry & { readonly at: number }): JournalView {
  return { at: time(at), kind, step: step ?? null, detail: detail ?? null }
}

/** A message that a service received, and what became of it. */
export interface InboxView {
  readonly identity: string
  readonly messageId: string
  readonly kind: InboxRow['kind']
  readonly type: string
  readonly sagaId: string | null
  readonly correlationId: string
  readonly causationId: string | null
  readonly receivedAt: string
  readonly state: InboxRow['handling']['state']
  readonly attempt: number
  readonly answer: { readonly failure: string | null; readonly payload: unknown } | null
  /** Why it is parked or dead. */
  readonly error: string | null
  /** How it came, as long as it may be handled again. */
  readonly envelope: { readonly address: string; readonly headers: object; readonly body: string } | null
  /** How many times handling it was tried; null where that is over. */
  readonly tries: number | null
}

export function inboxView(row: InboxRow): InboxView {
  const { identity, messageId, kind, type, correlationId, handling } = row
  const { state, attempt, answer, custody, error } = handling
  return {
    identity,
    messageId,
    kind,
    type,
    sagaId: row.sagaId ?? null,
    correlationId,
    causationId: row.causationId ?? null,
    receivedAt: time(row.receivedAt),
    state,
    attempt,
    answer: answer === undefined ? null : { failure: answer.failure ?? null, payload: answer.payload ?? null },
    error: error ?? null,
    envelope: custody === undefined ? null : pick(custody.envelope),
    tries: custody?.attempts ?? null,
  }
}

function pick({ address, headers, body }: NonNullable<InboxView['envelope']>): InboxView['envelope'] {
  return { address, headers, body }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}

function timeOrNull(ms: number | undefined): string | null {
  return ms === undefined || !Number.isFinite(ms) ? null : time(ms)
}
