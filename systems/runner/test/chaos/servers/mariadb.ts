import mysql from 'mysql2/promise'
import { startOwnMariadb } from '../../../../../scripts/servers/mariadb.ts'
import { type DatabaseServer, type Durability, serverOf } from './server.ts'

export async function mariadb({ fsync }: Durability): Promise<DatabaseServer> {
  const started = await startOwnMariadb({ settings: { 'innodb-flush-log-at-trx-commit': fsync ? '1' : '2' } })
  return {
    ...serverOf('MariaDB', started.url, started),
    prefix: 'makegood_',
    open: async database => {
      const connection = await mysql.createConnection(String(new URL(`/${database}`, started.url)))
      connection.on('error', () => {})
      return {
        ask: async <Row extends object>(query: string, values: readonly unknown[] = []) =>
          (await connection.query(query, [...values]))[0] as Row[],
        end: async () => connection.destroy(),
      }
    },
  }
}
