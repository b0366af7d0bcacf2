import type { MysqlClient } from '../../definition/transaction.ts'
import type { Row } from '../stored-rows.ts'
import type { Query } from './queries.ts'

/** A pool of `mysql2/promise`, by its shape. */
export interface MysqlPool {
  getConnection(): Promise<PooledConnection>
}

export interface PooledConnection extends MysqlClient {
  release(): void
  destroy(): void
}

/** What goes with a statement. */
export type Value = string | null

export interface Result {
  readonly rows: readonly Row[]
  /** Of a statement that changes rows; one that an insert finds and changes counts twice. */
  readonly affectedRows: number
}

/** Sends a statement when those before it were answered, and resolves with its own answer. */
export type Send = (query: Query, values: readonly Value[]) => Promise<Result>
