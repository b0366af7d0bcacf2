import type { PgClient } from '../../definition/transaction.ts'
import type { Row } from '../stored-rows.ts'

export type { Row }

/** A `pg.Pool`, by its shape. */
export interface PgPool {
  connect(): Promise<PooledClient>
}

export interface PooledClient extends PgClient {
  release(error?: Error | boolean): void
}

/** What goes with a statement: text, or an array in PostgreSQL's own notation. */
export type Value = string | null

/** Sends a statement at once and resolves with its rows. */
export type Send = (statement: Statement) => Promise<readonly Row[]>

export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly Value[]
}

/** What of a `pg` client is beyond `PgClient`, where there is one. */
export interface DriverClient {
  /** Takes further statements before it has answered the first. */
  readonly pipeline?: boolean
  /** Under the client: what is written while it is corked leaves together. */
  readonly connection?: { readonly stream?: { cork(): void; uncork(): void; destroy(why: Error): void } }
  query(statement: unknown, values?: unknown, callback?: unknown): Promise<Result | readonly Result[]>
  on?(event: 'error', listener: (error: Error) => void): void
  removeListener?(event: 'error', listener: (error: Error) => void): void
}

export interface Result {
  readonly rows: readonly Row[]
  /** The first word of the command tag. */
  readonly command?: string
}
