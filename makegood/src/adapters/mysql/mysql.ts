import type { MysqlClient } from '../../definition/transaction.ts'
import { MakegoodError } from '../../model/errors.ts'
import type { Store } from '../../ports/store.ts'
import type { MysqlPool } from './client.ts'
import { Sessions } from './sessions.ts'
import { openServiceStore } from './store.ts'

export interface MysqlOptions<Db> {
  /**
   * The service's own pool of `mysql2/promise`, for one database. makegood never ends it; whoever made it does, after
   * the service has stopped.
   */
  readonly pool: MysqlPool
  /** Makes the user's query builder from the connection that holds the transaction. @defaultValue the connection itself */
  readonly db?: (client: MysqlClient) => Db
  /** How long to wait for a free connection of the pool, in milliseconds, from 1 to 600 000. @defaultValue 10 000 */
  readonly connectionTimeoutMs?: number
  /** How long a statement waits for another transaction, in seconds: MySQL has no finer. From 1 to 600. @defaultValue 5 */
  readonly lockTimeoutSeconds?: number
  /**
   * How long a statement may take in all, in milliseconds, from 1 to 600 000. MySQL itself holds only those to it that
   * read; MariaDB all. @defaultValue 30 000
   */
  readonly statementTimeoutMs?: number
  /** How long a transaction may rest between two statements, in seconds, from 1 to 600. @defaultValue 60 */
  readonly idleInTransactionTimeoutSeconds?: number
}

/**
 * Keeps a service's inbox, outbox and sagas in its own MySQL, from version 8 on, or MariaDB, from 10.6 on, in tables
 * whose names begin with `makegood_`.
 *
 * @example
 * ```ts
 * const pool = mysql2.createPool({ uri })
 * const orders = service('orders', { store: mysql({ pool }), transport, hosts })
 * ```
 */
export function mysql<Db = MysqlClient>(options: MysqlOptions<Db>): Store<Db> {
  const { pool, db = client => client as Db } = options
  surviveLostConnections(pool)
  const sessions = new Sessions(pool, {
    connectionMs: whole('connectionTimeoutMs', options.connectionTimeoutMs ?? 10_000, 600_000),
    lockSeconds: whole('lockTimeoutSeconds', options.lockTimeoutSeconds ?? 5, 600),
    statementMs: whole('statementTimeoutMs', options.statementTimeoutMs ?? 30_000, 600_000),
    idleSeconds: whole('idleInTransactionTimeoutSeconds', options.idleInTransactionTimeoutSeconds ?? 60, 600),
  })
  return Object.freeze({
    name: 'mysql',
    traits: { concurrent: true },
    open: (service: string) => openServiceStore(service, sessions, db),
  })
}

/** An `error` without a listener ends the process, and `mysql2` itself listens for the first of each connection only. */
function surviveLostConnections(pool: MysqlPool): void {
  if (watched.has(pool)) return
  watched.add(pool)
  const emitter = pool as unknown as PoolEvents
  emitter.on?.('connection', connection => connection.on?.('error', () => {}))
}

/** Several services may be made with one pool. */
const watched = new WeakSet<MysqlPool>()

interface PoolEvents {
  on?(event: 'connection', listener: (connection: ConnectionEvents) => void): void
}

interface ConnectionEvents {
  on?(event: 'error', listener: (error: Error) => void): void
}

function whole(option: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new MakegoodError('OPTION_INVALID', `mysql: ${option} is ${value}; it must be a whole number from 1 to ${max}.`)
}
