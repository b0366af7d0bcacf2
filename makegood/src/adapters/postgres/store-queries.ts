import type { StoreQueries } from '../../ports/store.ts'
import { array, text } from './array.ts'
import type { Row, Value } from './client.ts'
import * as queries from './queries.ts'
import { inboxRowOf, jsonOf, numberOf, sagaRowOf, textOf } from './rows.ts'

type Ask = (query: queries.Query, ...values: readonly Value[]) => Promise<readonly Row[]>

/** What operations may ask of one service's part of the database. */
export function storeQueries(ask: Ask): StoreQueries {
  const sagasById: StoreQueries['sagasById'] = async ids => (await ask(queries.sagasById, array(ids))).map(sagaRowOf)
  return {
    saga: async id => (await sagasById([id]))[0],
    sagasById,
    sagasAtRest: async ids => (await ask(queries.sagasAtRest, array(ids))).map(sagaRowOf),
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
        parked: numberOf(row!, 'parked'),
        dead: numberOf(row!, 'dead'),
        outbox: numberOf(row!, 'outbox'),
        outboxAgeMs: Math.max(0, Number(row!['outbox_age_ms'] ?? 0)),
      }
    },
  }
}
