import pg from 'pg'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Transport } from '../../src/makegood.ts'
import { shopTables } from './shop.ts'
import type { Place } from './shop-scenarios.ts'

let made = 0

/** A place on a PostgreSQL that other tests use too: each service has a database of its own. */
export async function postgresPlace(serverUrl: string, transport: Transport): Promise<Place> {
  made += 1
  const prefix = `shop_${process.pid}_${made}_`
  const pools = new Map<string, pg.Pool>()
  for (const service of ['orders', 'stock', 'money', 'parcels']) {
    await say(serverUrl, `create database ${prefix}${service}`)
    const url = new URL(serverUrl)
    url.pathname = `/${prefix}${service}`
    const pool = new pg.Pool({ connectionString: url.href, pipeline: true, max: 5 } as pg.PoolConfig)
    for (const table of shopTables) await pool.query(table)
    pools.set(service, pool)
  }
  return {
    transport,
    store: service => postgres({ pool: pools.get(service)! }),
    sql: async (service, text, values) => (await pools.get(service)!.query(text, values)).rows,
    close: async () => {
      for (const pool of pools.values()) await pool.end()
      for (const service of pools.keys()) await say(serverUrl, `drop database ${prefix}${service} with (force)`)
    },
  }
}

/** With a connection of its own: the server may be restarted in between. */
async function say(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(statement)
  await client.end()
}
