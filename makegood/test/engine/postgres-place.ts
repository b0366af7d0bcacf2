import pg from 'pg'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Transport } from '../../src/makegood.ts'
import { type OwnDatabase, ownDatabase } from '../own-database.ts'
import { shopTables } from './shop.ts'
import type { Place } from './shop-scenarios.ts'

/** A place on a PostgreSQL that other tests use too: each service has a database of its own. */
export async function postgresPlace(serverUrl: string, transport: Transport): Promise<PostgresPlace> {
  const databases: OwnDatabase[] = []
  const pools = new Map<string, pg.Pool>()
  for (const service of ['orders', 'stock', 'money', 'parcels']) {
    const database = await ownDatabase(serverUrl, `shop_${service}`)
    const pool = new pg.Pool({ connectionString: database.url, pipeline: true, max: 5 } as pg.PoolConfig)
    for (const table of shopTables) await pool.query(table)
    databases.push(database)
    pools.set(service, pool)
  }
  return {
    transport,
    store: service => postgres({ pool: pools.get(service)! }),
    urlOf: service => pools.get(service)!.options.connectionString!,
    sql: async (service, text, values) => (await pools.get(service)!.query(text, values)).rows,
    close: async () => {
      for (const pool of pools.values()) await pool.end()
      for (const database of databases) await database.drop()
    },
  }
}

export interface PostgresPlace extends Place {
  /** Of a service's database. */
  urlOf(service: string): string
}
