import type { SagaStatus } from '../../model/saga-state.ts'
import type {
  Custody,
  Handling,
  InboxRow,
  InboxState,
  NewInboxRow,
  NewSaga,
  SagaRow,
  SavedSaga,
} from '../../ports/store.ts'
import { array } from './array.ts'
import type { Row } from './client.ts'

/** The columns of `admit`, in the order of its parameters. */
export function admittedColumns(rows: readonly NewInboxRow[]): readonly string[] {
  return [
    array(rows.map(row => row.identity)),
    array(rows.map(row => row.messageId)),
    array(rows.map(row => row.kind)),
    array(rows.map(row => row.type)),
    array(rows.map(row => row.sagaId)),
    array(rows.map(row => row.correlationId)),
    array(rows.map(row => row.causationId)),
    array(rows.map(row => row.digest)),
    array(rows.map(row => row.key)),
    ...handlingColumns(rows.map(row => row.handling)),
  ]
}

export function handlingColumns(handlings: readonly Handling[]): readonly string[] {
  const custody = <Field extends keyof Custody>(field: Field) => handlings.map(handling => handling.custody?.[field])
  return [
    array(handlings.map(handling => handling.state)),
    array(handlings.map(handling => handling.attempt)),
    array(handlings.map(handling => handling.refusals)),
    array(handlings.map(handling => handling.callBegun)),
    array(handlings.map(handling => jsonOrNull(handling.answer))),
    array(handlings.map(handling => handling.error)),
    array(custody('envelope').map(jsonOrNull)),
    array(custody('attempts') as (number | undefined)[]),
    array(custody('firstAttemptAt') as (number | undefined)[]),
    array(custody('dueInMs') as (number | undefined)[]),
    array(custody('leaseMs') as (number | undefined)[]),
    array(custody('fence') as (number | undefined)[]),
  ]
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

/** The columns of `insertSagas`, in the order of its parameters. */
export function insertedColumns(sagas: readonly NewSaga[]): readonly string[] {
  return [
    array(sagas.map(saga => saga.id)),
    array(sagas.map(saga => saga.definition)),
    array(sagas.map(saga => saga.version)),
    array(sagas.map(saga => saga.key)),
    array(sagas.map(saga => jsonText(saga.data))),
    array(sagas.map(saga => jsonText(saga.headers))),
    ...stateColumns(sagas),
  ]
}

/** The columns of `saveSagas`, in the order of its parameters. */
export function savedColumns(sagas: readonly SavedSaga[]): readonly string[] {
  return [array(sagas.map(saga => saga.id)), ...stateColumns(sagas)]
}

function stateColumns(sagas: readonly Pick<SavedSaga, 'state' | 'wakeAt'>[]): readonly string[] {
  return [
    array(sagas.map(saga => saga.state.status)),
    array(sagas.map(saga => jsonText(saga.state))),
    array(sagas.map(saga => saga.wakeAt)),
    array(sagas.map(saga => hasEnded(saga.state.status))),
  ]
}

function hasEnded(status: SagaStatus): boolean {
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
