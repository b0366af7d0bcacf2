import type { Custody, Handling, NewInboxRow, NewSaga, SavedSaga } from '../../ports/store.ts'
import { hasEnded, jsonOrNull, jsonText } from '../stored-rows.ts'
import { array } from './array.ts'

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
