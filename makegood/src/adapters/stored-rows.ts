import type { SagaStatus } from '../model/saga-state.ts'
import type { Custody, InboxRow, InboxState, NewInboxRow, SagaRow } from '../ports/store.ts'

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
