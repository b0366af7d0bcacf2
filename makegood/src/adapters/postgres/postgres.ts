import type { PgClient } from '../../definition/transaction.ts'
import { MakegoodError } from '../../model/errors.ts'
import type { Store } from '../../ports/store.ts'
import { answerMsMore, takenInTime } from '../taken-in-time.ts'
import type { PgPool } from './client.ts'
import { surviveLostClients } from './lost-clients.ts'
import { postgresStore } from './store.ts'
import { tables } from './upkeep.ts'

export interface PostgresOptions<Db> {
  /**
   * The service's own pool, best made with `pipeline: true`. makegood never ends it; whoever made it does, after
   * the service has stopped.
   */
  readonly pool: PgPool
  /** Makes the user's query builder from the client that holds the transaction. @defaultValue the client itself */
  readonly db?: (client: PgClient) => Db
  /** How long to wait for a free connection of the pool, in milliseconds, from 1 to 600 000. @defaultValue 10 000 */
  readonly connectionTimeoutMs?: number
  /** How long a statement waits for another transaction, in milliseconds, from 1 to 600 000. @defaultValue 5 000 */
  readonly lockTimeoutMs?: number
  /**
   * How long a statement may take in all, in milliseconds, from 1 to 600 000. A server that has not answered one of ours
   * five seconds after that is taken for lost, with its connection. @defaultValue 30 000
   */
  readonly statementTimeoutMs?: number
  /** How long a transaction may rest between two statements, in milliseconds, from 1 to 600 000. @defaultValue 60 000 */
  readonly idleInTransactionTimeoutMs?: number
}

/**
 * Keeps a service's inbox, outbox and sagas in its own PostgreSQL, from version 12 on, in the schema `makegood`.
 *
 * @example
 * ```ts
 * const pool = new pg.Pool({ connectionString, pipeline: true })
 * const orders = service('orders', { store: postgres({ pool }), transport, hosts })
 * ```
 */
export function postgres<Db = PgClient>(options: PostgresOptions<Db>): Store<Db> {
  const { pool, db = client => client as Db } = options
  surviveLostClients(pool)
  const connectionMs = milliseconds('connectionTimeoutMs', options.connectionTimeoutMs ?? 10_000)
  const statementMs = milliseconds('statementTimeoutMs', options.statementTimeoutMs ?? 30_000)
  return postgresStore({
    name: 'postgres',
    traits: { concurrent: true },
    pool: { connect: () => takenInTime(pool.connect(), connectionMs, 'PostgreSQL') },
    answerMsMax: statementMs + answerMsMore,
    db,
    begin: [
      'begin',
      `set local lock_timeout = ${milliseconds('lockTimeoutMs', options.lockTimeoutMs ?? 5_000)}`,
      `set local statement_timeout = ${statementMs}`,
      `set local idle_in_transaction_session_timeout = ${milliseconds('idleInTransactionTimeoutMs', options.idleInTransactionTimeoutMs ?? 60_000)}`,
    ].join('; '),
    upkeep: `analyze (skip_locked) ${tables}`,
    close: async () => {},
  })
}

function milliseconds(option: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 600_000) return value
  throw new MakegoodError(
    'OPTION_INVALID',
    `postgres: ${option} is ${value}; it must be a whole number from 1 to 600 000.`,
  )
}
