import type { MysqlClient, PgClient } from 'makegood'
import { mysql } from 'makegood/mysql'
import { createConnection, createPool, escapeId } from 'mysql2/promise'
import { codeOf, type DatabaseAddress, type DatabaseServer } from './database-server.ts'

/** MySQL or MariaDB. What a service gets as `tx.db` is asked like PostgreSQL's client, with `?` where the values go. */
export const mysqlServer: DatabaseServer = {
  name: 'MySQL',
  open(address) {
    const pool = createPool({ ...address, connectionLimit: 10 })
    return { store: mysql({ pool, db: askedLikePostgres }), end: () => pool.end() }
  },
  connect: (address, statement) => say(address, statement === undefined ? [] : [statement]),
  meaningOf(error) {
    const code = codeOf(error)
    if (code === 'ER_BAD_DB_ERROR') return 'missing'
    return code.startsWith('ER_') && code.includes('ACCESS_DENIED') ? 'refused' : 'away'
  },
  create: ({ database, ...server }) => say(server, [`create database if not exists ${escapeId(database)}`]),
  // A statement that makes a table would commit whatever transaction it is said in. The lock goes with the connection.
  define: (address, statement) =>
    say(address, [`do get_lock(left(concat('tables of ', database()), 64), 15)`, statement]),
}

function askedLikePostgres(client: MysqlClient): PgClient {
  return {
    async query<Row>(text: string, values: unknown[] = []) {
      const [answer] = await client.query(text, values)
      return { rows: Array.isArray(answer) ? (answer as Row[]) : [] }
    },
  }
}

async function say(address: Omit<DatabaseAddress, 'database'>, statements: readonly string[]): Promise<void> {
  const connection = await createConnection({ ...address, connectTimeout: 5_000 })
  // A server that goes away just when nothing is asked of it tells so by an event, which would end the process.
  connection.on('error', () => {})
  try {
    for (const statement of statements) await connection.query(statement)
    await connection.end()
  } finally {
    connection.destroy()
  }
}
