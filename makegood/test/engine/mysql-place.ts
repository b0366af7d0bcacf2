import mysql2 from 'mysql2/promise'
import { createDatabase } from '../../../scripts/servers/mariadb.ts'
import { mysql } from '../../src/adapters/mysql/index.ts'
import type { MysqlClient, PgClient, Transport } from '../../src/makegood.ts'
import { shopTables } from './shop.ts'
import type { Place } from './shop-scenarios.ts'

let made = 0

/** A place on a MySQL or MariaDB that other tests use too: each service has a database of its own. */
export async function mysqlPlace(serverUrl: string, transport: Transport): Promise<Place> {
  made += 1
  const pools = new Map<string, mysql2.Pool>()
  for (const service of ['orders', 'stock', 'money', 'parcels']) {
    const uri = await createDatabase(serverUrl, `shop_${service}_${process.pid}_${made}`)
    const pool = mysql2.createPool({ uri, connectionLimit: 5 })
    for (const table of shopTables) await pool.query(table)
    pools.set(service, pool)
  }
  return {
    transport,
    store: service => mysql({ pool: pools.get(service)!, db: askedLikePostgres }),
    sql: async (service, text, values) =>
      (await askedLikePostgres(pools.get(service)!).query(text, values)).rows as never,
    close: async () => {
      for (const pool of pools.values()) await pool.end()
    },
  }
}

/** So that the shop's handlers and the scenarios need no second text. */
export function askedLikePostgres(client: Pick<MysqlClient, 'query'>): PgClient {
  return {
    async query<Row>(text: string, values: unknown[] = []) {
      const given: unknown[] = []
      const said = text
        .replace(/\$(\d+)/g, (_place, number) => {
          given.push(values[Number(number) - 1])
          return '?'
        })
        .replaceAll('makegood.', 'makegood_')
        .replaceAll('now()', 'utc_timestamp(6)')
      const [answer] = await client.query(said, given)
      return { rows: Array.isArray(answer) ? (answer as Row[]) : [] }
    },
  }
}
