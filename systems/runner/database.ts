import { readFile } from 'node:fs/promises'
import type { PgClient, Store } from 'makegood'

/** A service's own database, for what happens outside the handling of a message. */
export interface Database {
  /** Runs `work` in one transaction and commits. What it throws rolls back and is thrown on. */
  transaction<Result>(work: (db: PgClient) => Promise<Result>): Promise<Result>
  /** Says a statement that makes or fills a table where that is still to be done, one process at a time. */
  define(statement: string): Promise<void>
  /** Whether an error means that the database is away, and may come back. */
  isAway(error: unknown): boolean
  close(): Promise<void>
}

export function databaseOf(store: Store<PgClient>, service: string): Database {
  const part = store.open(service)
  return {
    transaction: work => part.transaction(({ db }) => work(db)),
    define: statement =>
      part.transaction(async ({ db }) => {
        await db.query("select pg_advisory_xact_lock(hashtextextended('tables of a service', 0))")
        await db.query(statement)
      }),
    isAway: error => part.classify(error) === 'unavailable',
    close: () => part.close(),
  }
}

/**
 * Creates a service's tables, which their files do only where they are missing; safe from many processes at once. A
 * statement ends with a semicolon at the end of a line, and has a transaction of its own: making sure of an index locks
 * its table, and with several of them held a process that starts would deadlock with those that are at work.
 */
export async function createTables(database: Database, files: readonly URL[]): Promise<void> {
  const scripts = await Promise.all(files.map(file => readFile(file, 'utf8')))
  const statements = scripts.flatMap(script => script.split(/;$/m)).filter(statement => statement.trim() !== '')
  for (const statement of statements) await database.define(statement)
}
