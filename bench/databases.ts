import { readFile } from 'node:fs/promises'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { startOwnMariadb } from '../scripts/servers/mariadb.ts'
import { startPostgres } from '../scripts/servers/postgres.ts'
import { listenerOn } from './measure/processes.ts'

/** A server that gives each set-up databases of its own. */
export interface DatabaseServer {
  readonly pid: number
  /** With its name. */
  readonly version: string
  /** Makes a database with the shop's tables. Resolves with its URL. */
  make(name: string): Promise<string>
  drop(names: readonly string[]): Promise<void>
  /** What these databases have on disk, and what the server has written to its log since it began, in bytes. */
  written(names: readonly string[]): Promise<Written>
  stop(): Promise<void>
}

export interface Written {
  readonly tables: number
  readonly log: number
}

export async function startPostgresql(): Promise<DatabaseServer> {
  const server = await startPostgres()
  const admin = new pg.Pool({ connectionString: server.url, max: 1 })
  const { rows } = await admin.query<{ server_version: string }>('show server_version')
  return {
    pid: listenerOn(server.port),
    version: `PostgreSQL ${rows[0]!.server_version}`,
    make: async name => {
      const url = await server.createDatabase(name)
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query(await tables())
      await client.end()
      return url
    },
    drop: async names => {
      for (const name of names) await admin.query(`drop database ${name} with (force)`)
      // Or the next set-up would pay for what this one has left to write.
      await admin.query('checkpoint')
    },
    written: async names => {
      const { rows } = await admin.query<{ tables: string; log: string }>(
        `select (select sum(pg_database_size(name)) from unnest($1::text[]) name) as tables,
          pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as log`,
        [names],
      )
      return { tables: Number(rows[0]!.tables), log: Number(rows[0]!.log) }
    },
    stop: async () => {
      await admin.end()
      await server.stop()
    },
  }
}

export async function startMysql(): Promise<DatabaseServer> {
  // For tests it does not sync what it commits; here it does, as by default.
  const server = await startOwnMariadb({ settings: { 'innodb-flush-log-at-trx-commit': '1' } })
  const admin = mysql.createPool({ uri: server.url, connectionLimit: 1 })
  const [rows] = await admin.query<mysql.RowDataPacket[]>('select version() as version')
  const version = String(rows[0]!['version'])
  const bytesIn = async (query: string, values: unknown[] = []) => {
    const [answer] = await admin.query<mysql.RowDataPacket[]>(query, values)
    return Number(answer[0]!['bytes'])
  }
  return {
    pid: listenerOn(Number(new URL(server.url).port)),
    version: /mariadb/i.test(version) ? `MariaDB ${version}` : `MySQL ${version}`,
    make: async name => {
      const url = await server.createDatabase(name)
      const connection = await mysql.createConnection({ uri: url, multipleStatements: true })
      await connection.query(await tables())
      await connection.end()
      return url
    },
    drop: async names => {
      for (const name of names) await admin.query(`drop database ${name}`)
    },
    written: async names => {
      // The files themselves: what the tables are said to have is an estimate.
      const tables = await bytesIn(
        `select sum(file_size) as bytes from information_schema.innodb_sys_tablespaces where substring_index(name, '/', 1) in (?)`,
        [names],
      )
      const log = await bytesIn(
        "select variable_value as bytes from information_schema.global_status where variable_name = 'innodb_os_log_written'",
      )
      return { tables, log }
    },
    stop: async () => {
      await admin.end()
      await server.stop()
    },
  }
}

function tables(): Promise<string> {
  return readFile(new URL('shop/tables.sql', import.meta.url), 'utf8')
}
