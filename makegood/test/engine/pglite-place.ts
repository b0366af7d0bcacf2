import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { type PgliteStore, pglite } from '../../src/adapters/pglite/index.ts'
import type { PgClient } from '../../src/makegood.ts'
import { shopTables } from './shop.ts'
import type { Place } from './shop-scenarios.ts'

/** A place in this process: one PGlite on disk that all four services share. */
export async function pglitePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'makegood-shop-'))
  const transport = embedded()
  let store = await openStore(folder)
  return {
    transport,
    store: service => {
      // A shop that is made anew finds the folder of the one before.
      if (service === 'orders') store = pglite({ dataDir: folder })
      return store
    },
    sql: async (_service, text, values) => {
      const client = await store.pool.connect()
      try {
        return (await client.query<Record<string, unknown>>(text, values)).rows
      } finally {
        client.release()
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

async function openStore(folder: string): Promise<PgliteStore<PgClient>> {
  const store = pglite({ dataDir: folder })
  const opened = store.open('setting up')
  const client = await store.pool.connect()
  for (const table of shopTables) await client.query(table)
  client.release()
  await opened.close()
  return store
}
