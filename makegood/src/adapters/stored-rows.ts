import type { SagaStatus } from '../model/saga-state.ts'
import type {
  AuditRow,
  Custody,
  FailureGroup,
  InboxEntry,
  InboxRow,
  InboxState,
  NewInboxRow,
  SagaCount,
  SagaRow,
  Standing,
  VersionInFlight,
} from '../ports/store.ts'

/** A row of makegood's tables as every SQL adapter selects it: text, whatever the driver's parsers are set to. */
export interface Row {
  readonly [column: string]: string | null | undefined
}

export function inboxRowOf(row: Row): InboxRow {
  return {
    identity: textOf(row, 'identity'),
    messageId: textOf(row, 'message_id'),
    kind: textOf(row, 'kind') as NewInboxRow['kind'],
    type: textOf(row, 'type'),
    sagaId: row['saga_id'] ?? undefined,
    correlationId: textOf(row, 'correlation_id'),
    causationId: row['causation_id'] ?? undefined,
    digest: textOf(row, 'digest'),
    ...(typeof row['order_key'] === 'string' ? { key: row['order_key'] } : {}),
    receivedAt: numberOf(row, 'received_at'),
    handling: {
      state: textOf(row, 'state') as InboxState,
      attempt: numberOf(row, 'attempt'),
      refusals: numberOf(row, 'refusals'),
      callBegun: row['call_begun'] === 'true',
      answer: jsonOf(row, 'answer'),
      error: row['error'] ?? undefined,
      custody: custodyOf(row),
    },
  }
}

export function inboxEntryOf(row: Row): InboxEntry {
  return { ...inboxRowOf(row), dueAt: optionalNumberOf(row, 'tried_at'), fingerprint: row['fingerprint'] ?? undefined }
}

function custodyOf(row: Row): Custody | undefined {
  const envelope = jsonOf<Custody['envelope']>(row, 'envelope')
  if (envelope === undefined) return undefined
  return {
    envelope,
    attempts: numberOf(row, 'attempts'),
    firstAttemptAt: Number(row['first_attempt_at'] ?? 0),
    dueInMs: 0,
    leaseMs: Number(row['lease_ms'] ?? 0),
    fence: numberOf(row, 'fence'),
  }
}

export function sagaRowOf(row: Row): SagaRow {
  return {
    id: textOf(row, 'id'),
    definition: textOf(row, 'definition'),
    version: numberOf(row, 'version'),
    key: textOf(row, 'key'),
    data: jsonOf(row, 'data'),
    headers: jsonOf(row, 'headers')!,
    state: jsonOf(row, 'state')!,
    wakeAt: optionalNumberOf(row, 'wake_at'),
    startedAt: numberOf(row, 'started_at'),
    changedAt: numberOf(row, 'changed_at'),
    endedAt: optionalNumberOf(row, 'ended_at'),
  }
}

export function sagaCountOf(row: Row): SagaCount {
  return {
    definition: textOf(row, 'definition'),
    status: statusOf(row),
    count: numberOf(row, 'number'),
    more: row['more'] === 'true',
  }
}

export function versionInFlightOf(row: Row): VersionInFlight {
  return {
    definition: textOf(row, 'definition'),
    version: numberOf(row, 'version'),
    sagas: numberOf(row, 'sagas'),
  }
}

export function standingOf(row: Row): Standing {
  return { ...versionInFlightOf(row), step: textOf(row, 'step'), status: statusOf(row) }
}

export function failureGroupOf(kind: FailureGroup['kind'], row: Row): FailureGroup {
  return {
    fingerprint: textOf(row, 'fingerprint'),
    kind,
    what: textOf(row, 'what'),
    code: row['code'] ?? undefined,
    step: row['step'] ?? undefined,
    says: textOf(row, 'says'),
    count: numberOf(row, 'number'),
    more: row['more'] === 'true',
    oldestAt: numberOf(row, 'oldest_at'),
    newestAt: numberOf(row, 'newest_at'),
    examples: ['first_id', 'second_id', 'third_id'].flatMap(place => row[place] ?? []),
  }
}

export function auditRowOf(row: Row): AuditRow {
  return {
    number: textOf(row, 'number'),
    at: numberOf(row, 'at'),
    by: textOf(row, 'done_by'),
    action: textOf(row, 'action'),
    target: row['target'] ?? undefined,
    reason: textOf(row, 'reason'),
    detail: jsonOf(row, 'detail'),
  }
}

/** Undefined, which JSON does not have, is stored as null. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}

export function jsonOrNull(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}

export function textOf(row: Row, column: string): string {
  const value = row[column]
  if (value === null || value === undefined) throw new Error(`makegood's table has no ${column} in a row of its own`)
  return value
}

export function statusOf(row: Row): SagaStatus {
  return textOf(row, 'status') as SagaStatus
}

export function numberOf(row: Row, column: string): number {
  return Number(textOf(row, column))
}

function optionalNumberOf(row: Row, column: string): number | undefined {
  const value = row[column]
  return value === null || value === undefined ? undefined : Number(value)
}

export function jsonOf<Value>(row: Row, column: string): Value | undefined {
  const value = row[column]
  return value === null || value === undefined ? undefined : JSON.parse(value)
}

/** Whether the saga is done, for the column `ended_at`. */
export function hasEnded(status: SagaStatus): boolean {
  switch (status) {
    case 'running':
    case 'compensating':
    case 'stuck':
      return false
    case 'completed':
    case 'compensated':
    case 'abandoned':
      return true
  }
}
