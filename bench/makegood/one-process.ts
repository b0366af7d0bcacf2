import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PgClient, Store } from 'makegood'
import { embedded } from 'makegood/embedded'
import { pglite } from 'makegood/pglite'
import { postgres } from 'makegood/postgres'
import pg from 'pg'
import { domains, type Environment, type Start } from '../set-up.ts'
import { countBooks } from '../shop/books.ts'
import type { Db } from '../shop/steps.ts'
import { placeOrder, shopService } from './shop.ts'

/** All four services and the client in one process, on one database. */
export const start: Start = async environment => {
  const { store, counting, close } = await databaseOf(environment)
  const transport = embedded()
  const services = domains.map(name => shopService(name, { store, transport }))
  for (const each of services) await each.start()
  return {
    order: order => placeOrder(services[0]!, order),
    books: () => countBooks({ stock: counting, payment: counting, shipping: counting }),
    stop: async () => {
      await Promise.all(services.map(each => each.stop()))
      await close()
    },
  }
}

interface Database {
  readonly store: Store<PgClient>
  readonly counting: Db
  close(): Promise<void>
}

function databaseOf({ databases, folder }: Environment): Promise<Database> {
  return databases === undefined ? onDisk(join(folder, 'data')) : onServer(databases.orders)
}

async function onServer(connectionString: string): Promise<Database> {
  const pool = new pg.Pool({ connectionString, pipeline: true, max: 20 } as pg.PoolConfig)
  const counting = new pg.Pool({ connectionString, max: 1 })
  return {
    store: postgres({ pool }),
    counting,
    close: async () => {
      await pool.end()
      await counting.end()
    },
  }
}

async function onDisk(dataDir: string): Promise<Database> {
  const store = pglite({ dataDir })
  const counting: Db = {
    query: async (text, values) => {
      const client = await store.pool.connect()
      try {
        return await client.query(text, values)
      } finally {
        client.release()
      }
    },
  }
  const tables = await readFile(new URL('../shop/tables.sql', import.meta.url), 'utf8')
  for (const statement of tables.split(/;\s*\n/).filter(text => text.trim() !== '')) await counting.query(statement)
  return { store, counting, close: async () => {} }
}
