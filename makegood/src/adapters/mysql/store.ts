import type { MysqlClient, OpenTransaction } from '../../definition/transaction.ts'
import type { PruneWindows, ServiceStore, StoreTransaction } from '../../ports/store.ts'
import { shippedMigrations } from '../shipped-migrations.ts'
import { storeQueries } from '../store-queries.ts'
import { inboxRowOf, jsonOf, numberOf, type Row, textOf } from '../stored-rows.ts'
import type { Value } from './client.ts'
import { asStoreError, classify } from './errors.ts'
import { joined } from './joined.ts'
import { migrate } from './migrate.ts'
import * as operationsQueries from './operations-queries.ts'
import * as queries from './queries.ts'
import { names, rows } from './rows.ts'
import type { Sessions } from './sessions.ts'
import { withTransaction } from './transaction.ts'

/** One service's part of a MySQL database. */
export function openServiceStore<Db>(
  service: string,
  sessions: Sessions,
  db: (client: MysqlClient) => Db,
): ServiceStore<Db> {
  const transaction = <Result>(work: (tx: StoreTransaction<Db>) => Promise<Result>) =>
    withTransaction({ service, sessions, db }, work)

  /** Questions of one transaction: whatever locks a row, for it has to be read committed. */
  const together = <Result>(work: (ask: Ask, tx: StoreTransaction<Db>) => Promise<Result>): Promise<Result> =>
    withTransaction({ service, sessions, db }, (tx, session) => {
      const ask: Ask = async (query, ...values) => (await session.send(query, [service, ...values])).rows
      return work(ask, tx)
    })

  /** A question that only reads, and is a transaction by itself: on any level it sees what is committed. */
  const ask: Ask = async (query, ...values) => {
    const session = await sessions.take()
    try {
      return (await session.send(query, [service, ...values])).rows
    } finally {
      session.release(true)
    }
  }

  return {
    migrate: () => migrate(sessions).catch(throwAsStoreError),
    transaction,
    join: <Open extends OpenTransaction>(open: Open) => joined(service, open),
    classify,

    async claimOutbox(limit, leaseMs) {
      const [unsent] = await ask(queries.hasUnsent)
      if (unsent?.['found'] === '0') return []
      return together(async (ask, tx) => {
        const free = await ask(queries.lockUnsent, String(limit))
        const inOrder = unsent?.['is_in_order'] === 'true' ? await lockInOrder(ask, tx, limit) : []
        const ids = names([...free, ...inOrder].map(row => textOf(row, 'id')))
        await ask(queries.claimOutbox, ids, String(leaseMs))
        const claimed = await ask(queries.claimedOutbox, ids)
        return claimed.map(row => ({ envelope: jsonOf(row, 'envelope')!, claims: numberOf(row, 'claims') }))
      })
    },

    async forget(ids) {
      if (ids.length > 0) await together(ask => ask(queries.forget, names(ids)))
    },

    async postpone(given) {
      if (given.length === 0) return
      const inOrder = given.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      await together(ask => ask(queries.postpone, rows(inOrder.map(({ id, inMs, error }) => [id, inMs, error]))))
    },

    async claimParked(limit, leaseMs, exceptTypes) {
      const exempt = names(exceptTypes)
      if ((await ask(queries.hasDue, exempt)).length === 0) return []
      return together(async ask => {
        const due = (await ask(queries.lockDue, exempt, String(limit))).map(row => textOf(row, 'identity'))
        await ask(queries.claimParked, names(due), String(leaseMs))
        const claimed = await ask(queries.lockInbox, names(due))
        const at = (row: Row) => due.indexOf(textOf(row, 'identity'))
        return claimed.toSorted((a, b) => at(a) - at(b)).map(inboxRowOf)
      })
    },

    async nextParkedInMs() {
      const [row] = await ask(queries.nextParked)
      const inMs = row?.['in_ms']
      return inMs === null || inMs === undefined ? undefined : Math.max(0, Number(inMs))
    },

    prune: ({ inboxMs, sagasMs }: PruneWindows, limit) =>
      together(async ask => {
        const messages = (await ask(queries.lockOldMessages, String(inboxMs), String(limit))).map(row =>
          textOf(row, 'identity'),
        )
        if (messages.length > 0) await ask(queries.pruneInbox, names(messages))
        const sagas = (await ask(queries.lockOldSagas, String(sagasMs), String(limit))).map(row => textOf(row, 'id'))
        if (sagas.length > 0) {
          await ask(queries.pruneJournal, names(sagas))
          await ask(queries.pruneSagas, names(sagas))
        }
        return messages.length + sagas.length
      }),

    queries: storeQueries({
      queries: operationsQueries,
      ask: (question, ...values) => ask(question, ...values).catch(throwAsStoreError),
      list: names,
      migrations: () => shippedMigrations('mysql'),
    }),
    ping: async () => void (await ask(queries.ping).catch(throwAsStoreError)),
    close: async () => {},
  }
}

type Ask = (query: queries.Query, ...values: readonly Value[]) => Promise<readonly Row[]>

/** One relay of a service at a time, so that none passes by what another is claiming. */
async function lockInOrder<Db>(ask: Ask, tx: StoreTransaction<Db>, limit: number): Promise<readonly Row[]> {
  await tx.lock(['makegood:order'])
  return ask(queries.lockUnsentInOrder, String(limit))
}

function throwAsStoreError(error: unknown): never {
  throw asStoreError(error)
}
