import { answerMsMore, takenInTime } from '../taken-in-time.ts'
import type { MysqlPool } from './client.ts'
import { Session } from './session.ts'

/** How long what may be waited for. */
export interface Waits {
  readonly connectionMs: number
  readonly lockSeconds: number
  readonly statementMs: number
  /** Of a transaction between two statements: a client of which nothing is heard any more would keep its locks for hours. */
  readonly idleSeconds: number
}

/** The connections of a pool, one for each transaction. */
export class Sessions {
  /** Begins a transaction. */
  readonly begin: string
  readonly #pool: MysqlPool
  readonly #waits: Waits

  constructor(pool: MysqlPool, waits: Waits) {
    this.#pool = pool
    this.#waits = waits
    this.begin = beginning(waits)
  }

  /** @throws MakegoodError `STORE_UNAVAILABLE` if none is free in time. */
  async take(): Promise<Session> {
    const connection = await takenInTime(this.#pool.getConnection(), this.#waits.connectionMs, 'MySQL')
    return new Session(connection, this.#waits.statementMs + answerMsMore)
  }
}

/**
 * All in one statement, and so in one round trip. Without automatic commits a transaction begins by itself, and what
 * might still be said after the server has rolled it back is in another, and lost, instead of committed alone. The
 * level is that of this transaction only; the limits stay with the session, for MySQL has none that are local.
 */
function beginning({ lockSeconds, statementMs, idleSeconds }: Waits): string {
  // Each of the two servers passes over what is meant for the other.
  return `set autocommit = 0, @@session.innodb_lock_wait_timeout = ${lockSeconds}
    /*M! , @@session.max_statement_time = ${statementMs / 1_000}, @@tx_isolation = 'READ-COMMITTED',
      @@session.idle_transaction_timeout = ${idleSeconds} */
    /*!80000 , @@session.max_execution_time = ${statementMs}, @@transaction_isolation = 'READ-COMMITTED',
      @@session.wait_timeout = ${idleSeconds} */`
}
