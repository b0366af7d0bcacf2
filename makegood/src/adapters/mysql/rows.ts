import type {
  AuditEntry,
  Custody,
  Handling,
  JournalEntry,
  NewInboxRow,
  NewSaga,
  RedrivenLetter,
  SavedSaga,
} from '../../ports/store.ts'
import { text } from '../storable-text.ts'
import { hasEnded, jsonOrNull, jsonText } from '../stored-rows.ts'

type Value = string | number | null | undefined

/** Rows as one parameter, however many there are: what MySQL reads with `json_table`. */
export function rows(given: readonly (readonly Value[])[]): string {
  return JSON.stringify(given.map(row => row.map(value => (typeof value === 'string' ? text(value) : value))))
}

/** Names as one parameter, in the order in which everybody locks. */
export function names(given: readonly string[]): string {
  return JSON.stringify([...new Set(given.map(text))].sort())
}

/** In the order of the columns of `admit`. Of several with one identity the first. */
export function admittedOf(given: readonly NewInboxRow[]): readonly (readonly Value[])[] {
  const first = new Map<string, NewInboxRow>()
  for (const row of given) if (!first.has(text(row.identity))) first.set(text(row.identity), row)
  return [...first]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([identity, row]) => [
      identity,
      row.messageId,
      row.kind,
      row.type,
      row.sagaId,
      row.correlationId,
      row.causationId,
      row.digest,
      row.key,
      ...handlingOf(row.handling),
    ])
}

/** In the order of the columns of `settle`, but for the identity. */
export function handlingOf({ custody, ...handling }: Handling): readonly Value[] {
  return [
    handling.state,
    handling.attempt,
    handling.refusals,
    Number(handling.callBegun),
    jsonOrNull(handling.answer),
    handling.error,
    jsonOrNull(custody?.envelope),
    custody?.attempts,
    custody?.firstAttemptAt,
    dueInMs(custody),
    custody?.leaseMs,
    custody?.fence,
  ]
}

/** JSON has no infinity; three thousand years from now stand for it. */
function dueInMs(custody: Custody | undefined): number | undefined {
  return custody && Math.min(custody.dueInMs, 1e14)
}

/** In the order of the columns of `insertSagas`. */
export function insertedOf(saga: NewSaga): readonly Value[] {
  const { id, definition, version, key, data, headers } = saga
  return [id, definition, version, key, jsonText(data), jsonText(headers), ...stateOf(saga)]
}

/** In the order of the columns of `saveSagas`, but for the id. */
export function stateOf({ state, wakeAt }: Pick<SavedSaga, 'state' | 'wakeAt'>): readonly Value[] {
  return [state.status, jsonText(state), wakeAt, Number(hasEnded(state.status))]
}

/** In the order of the columns of `addToJournal`. */
export function entryOf({ sagaId, kind, step, detail }: JournalEntry): readonly Value[] {
  return [sagaId, kind, step, jsonOrNull(detail)]
}

/** In the order of the columns of `redrive`. */
export function redrivenOf({ identity, dueInMs, envelope }: RedrivenLetter): readonly Value[] {
  return [identity, dueInMs, jsonOrNull(envelope)]
}

/** In the order of the columns of `addToAudit`. */
export function auditedOf({ by, action, target, reason, detail }: AuditEntry): readonly Value[] {
  return [by, action, target, reason, jsonOrNull(detail)]
}
