import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from 'makegood'
import { mysql } from 'makegood/mysql'
import { pglite } from 'makegood/pglite'
import { postgres } from 'makegood/postgres'
import { createPool } from 'mysql2/promise'
import pg from 'pg'
import type { Domain, Environment } from '../set-up.ts'
import { inMysql } from '../shop/in-mysql.ts'
import type { Db } from '../shop/steps.ts'

/** Where a service keeps its sagas and its part of the shop. */
export interface Database {
  readonly store: Store<Db>
  /** For the books. */
  readonly counting: Db
  close(): Promise<void>
}

/** Without a server it is on disk, in this process. */
export async function databaseOf({ setUp, databases, folder }: Environment, name: Domain): Promise<Database> {
  if (databases === undefined) return onDisk(join(folder, 'data'))
  // Four services share one, or each has its own with what the drivers take by default.
  const connections = setUp.databases === 'one' ? 20 : 10
  return setUp.dialect === 'mysql' ? onMysql(databases[name], connections) : onPostgres(databases[name], connections)
}

function onPostgres(connectionString: string, max: number): Database {
  const pool = new pg.Pool({ connectionString, pipeline: true, max } as pg.PoolConfig)
  const counting = new pg.Pool({ connectionString, max: 1 })
  return {
    store: postgres<Db>({ pool }),
    counting,
    close: async () => {
      await pool.end()
      await counting.end()
    },
  }
}

function onMysql(uri: string, connectionLimit: number): Database {
  const pool = createPool({ uri, connectionLimit })
  return { store: mysql({ pool, db: inMysql }), counting: inMysql(pool), close: () => pool.end() }
}

async function onDisk(dataDir: string): Promise<Database> {
  const store = pglite<Db>({ dataDir })
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
