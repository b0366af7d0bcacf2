import type { OpenTransaction, PgClient } from '../../definition/transaction.ts'
import type { ServiceStore, Store, StoreTraits, StoreTransaction } from '../../ports/store.ts'
import { shippedMigrations } from '../shipped-migrations.ts'
import { storeQueries } from '../store-queries.ts'
import { inboxRowOf, jsonOf, numberOf, type Row } from '../stored-rows.ts'
import { array } from './array.ts'
import type { PgPool, Value } from './client.ts'
import { asStoreError, classify } from './errors.ts'
import { joined } from './joined.ts'
import { type Migrations, migrate } from './migrate.ts'
import * as operationsQueries from './operations-queries.ts'
import * as queries from './queries.ts'
import { Session } from './session.ts'
import { withTransaction } from './transaction.ts'
import { Upkeep } from './upkeep.ts'

/** What a store needs that speaks PostgreSQL, wherever it runs. */
export interface PostgresParts<Db> {
  readonly name: string
  readonly traits: StoreTraits
  readonly pool: PgPool
  /** A statement of ours that is not answered in this time is taken for lost, with its connection. @defaultValue no limit */
  readonly answerMsMax?: number
  readonly db: (client: PgClient) => Db
  /** Begins a transaction and sets its limits: statements without values, in one message. */
  readonly begin: string
  /** Counts the rows of our tables. */
  readonly upkeep: string
  close(): Promise<void>
}

export function postgresStore<Db>(parts: PostgresParts<Db>): Store<Db> {
  const { name, traits } = parts
  return Object.freeze({ name, traits, open: (service: string) => openServiceStore(service, parts) })
}

/** One service's part of a PostgreSQL database. */
function openServiceStore<Db>(
  service: string,
  { pool, answerMsMax, db, begin, upkeep: counting, close }: PostgresParts<Db>,
): ServiceStore<Db> {
  const take = async () => new Session(await pool.connect(), answerMsMax)
  const upkeep = new Upkeep(pool, counting)
  const transaction = async <Result>(work: (tx: StoreTransaction<Db>) => Promise<Result>) => {
    const result = await withTransaction({ service, take, db, begin }, work)
    upkeep.committed()
    return result
  }

  /** A statement that is a transaction by itself. */
  const ask = async (query: queries.Query, ...values: readonly Value[]): Promise<readonly Row[]> => {
    const session = await take()
    try {
      return await session.send({ ...query, values: [service, ...values] })
    } finally {
      session.release()
    }
  }

  const claimInOrder = async (claims: readonly string[]): Promise<readonly Row[]> => {
    const [any] = await ask(queries.hasOrder)
    if (any?.['found'] !== 'true') return []
    return withTransaction({ service, take, db, begin }, async (_tx, session) => {
      void session.send({ ...queries.lockOrder, values: [service] })
      return session.send({ ...queries.claimInOrder, values: [service, ...claims] })
    })
  }

  return {
    migrate: () => migrate(pool, migrations).catch(throwAsStoreError),
    transaction,
    join: <Open extends OpenTransaction>(open: Open) => joined(service, open),
    classify,

    async claimOutbox(limit, leaseMs) {
      const claims = [String(limit), String(leaseMs)]
      const [free, inOrder] = await Promise.all([ask(queries.claimOutbox, ...claims), claimInOrder(claims)])
      return [...free, ...inOrder]
        .toSorted((a, b) => numberOf(a, 'number') - numberOf(b, 'number'))
        .map(row => ({ envelope: jsonOf(row, 'envelope')!, claims: numberOf(row, 'claims') }))
    },

    async forget(ids) {
      if (ids.length > 0) await ask(queries.forget, array(ids))
    },

    async postpone(rows) {
      if (rows.length === 0) return
      const [ids, pauses] = [rows.map(({ id }) => id), rows.map(({ inMs }) => inMs)]
      await ask(queries.postpone, array(ids), array(pauses), array(rows.map(({ error }) => error)))
    },

    async claimParked(limit, leaseMs, exceptTypes) {
      const rows = await ask(queries.claimParked, String(limit), String(leaseMs), array(exceptTypes))
      return rows.toSorted((a, b) => numberOf(a, 'due_at') - numberOf(b, 'due_at')).map(inboxRowOf)
    },

    async nextParkedInMs() {
      const [row] = await ask(queries.nextParked)
      const inMs = row?.['in_ms']
      return inMs === null || inMs === undefined ? undefined : Math.max(0, Number(inMs))
    },

    prune: ({ inboxMs, sagasMs }, limit) =>
      withTransaction({ service, take, db, begin }, async (_tx, session) => {
        const send = (query: queries.Query, ...values: readonly string[]) =>
          session.send({ ...query, values: [service, ...values] })
        const [lock] = await send(queries.takePruneLock)
        if (lock?.['taken'] !== 'true') return 0
        const messages = send(queries.pruneInbox, String(inboxMs), String(limit))
        const sagas = send(queries.pruneSagas, String(sagasMs), String(limit))
        return (await messages).length + (await sagas).length
      }),

    queries: storeQueries({
      queries: operationsQueries,
      ask: (question, ...values) => ask(question, ...values).catch(throwAsStoreError),
      list: array,
      migrations: () => shippedMigrations(migrations.folder),
    }),
    ping: async () => void (await ask(queries.ping).catch(throwAsStoreError)),
    close,
  }
}

const migrations: Migrations = { schema: 'makegood', folder: 'postgres' }

function throwAsStoreError(error: unknown): never {
  throw asStoreError(error)
}
