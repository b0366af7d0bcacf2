import type { StoreQueries } from '../ports/store.ts'
import { text } from './storable-text.ts'
import { inboxRowOf, jsonOf, numberOf, type Row, sagaRowOf, textOf } from './stored-rows.ts'

/** The questions, in the SQL of one database. The first parameter of each is the service. */
interface Questions<Query> {
  readonly sagasById: Query
  readonly sagasAtRest: Query
  readonly sagaByKey: Query
  readonly sagas: Query
  readonly sagasInFlight: Query
  readonly journal: Query
  readonly messages: Query
  readonly parked: Query
  readonly dead: Query
  readonly inboxRow: Query
  readonly versionsInFlight: Query
  readonly figures: Query
}

/**
 * What operations may ask of one service's part of the database: `ask` gives a question the service and its further
 * values, `list` makes one value of many.
 */
export function storeQueries<Query>(
  queries: Questions<Query>,
  ask: (query: Query, ...values: readonly (string | null)[]) => Promise<readonly Row[]>,
  list: (values: readonly string[]) => string,
): StoreQueries {
  const sagasById: StoreQueries['sagasById'] = async ids => (await ask(queries.sagasById, list(ids))).map(sagaRowOf)
  return {
    saga: async id => (await sagasById([id]))[0],
    sagasById,
    sagasAtRest: async ids => (await ask(queries.sagasAtRest, list(ids))).map(sagaRowOf),
    sagaByKey: async (definition, key) => (await ask(queries.sagaByKey, text(definition), text(key))).map(sagaRowOf)[0],

    async sagas({ status, definition, after, limit }) {
      const isInFlight = status === 'running' || status === 'compensating' || status === 'stuck'
      const query = isInFlight ? queries.sagasInFlight : queries.sagas
      return (await ask(query, status ?? null, definition ?? null, after ?? null, String(limit))).map(sagaRowOf)
    },

    journal: async sagaId =>
      (await ask(queries.journal, text(sagaId))).map(row => ({
        sagaId: textOf(row, 'saga_id'),
        kind: textOf(row, 'kind'),
        step: row['step'] ?? undefined,
        detail: jsonOf(row, 'detail'),
        at: numberOf(row, 'at'),
      })),

    messages: async correlationId => (await ask(queries.messages, text(correlationId))).map(inboxRowOf),

    inbox: async ({ state, limit, after }) =>
      (await ask(state === 'dead' ? queries.dead : queries.parked, after ?? null, String(limit))).map(inboxRowOf),

    inboxRow: async identity => (await ask(queries.inboxRow, text(identity))).map(inboxRowOf)[0],

    versionsInFlight: async () =>
      (await ask(queries.versionsInFlight)).map(row => ({
        definition: textOf(row, 'definition'),
        version: numberOf(row, 'version'),
        sagas: numberOf(row, 'sagas'),
      })),

    async figures() {
      const [row] = await ask(queries.figures)
      return {
        sagas: jsonOf(row!, 'sagas') ?? {},
        unchangedMs: jsonOf(row!, 'unchanged_ms') ?? {},
        overdueMs: ageOf(row!, 'overdue_ms'),
        parked: numberOf(row!, 'parked'),
        parkedAgeMs: ageOf(row!, 'parked_age_ms'),
        dead: numberOf(row!, 'dead'),
        outbox: numberOf(row!, 'outbox'),
        outboxAgeMs: ageOf(row!, 'outbox_age_ms'),
      }
    },
  }
}

/** In milliseconds; 0 where there is none, or none yet. */
function ageOf(row: Row, column: string): number {
  return Math.max(0, Number(row[column] ?? 0))
}
