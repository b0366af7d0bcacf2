import pg from 'pg'
import { startOwnPostgres } from '../../../../../scripts/servers/postgres.ts'
import { type DatabaseServer, type Durability, serverOf } from './server.ts'

export async function postgres({ fsync }: Durability): Promise<DatabaseServer> {
  const started = await startOwnPostgres({ fsync })
  return {
    ...serverOf('PostgreSQL', started.url, started),
    prefix: 'makegood.',
    open: async database => {
      const client = new pg.Client({ connectionString: String(new URL(`/${database}`, started.url)) })
      client.on('error', () => {})
      await client.connect()
      return {
        ask: async <Row extends object>(query: string, values: readonly unknown[] = []) =>
          (await client.query<Row>(query, [...values])).rows,
        end: () => client.end(),
      }
    },
  }
}
