import type { PgPool } from './client.ts'
import { Session } from './session.ts'

/**
 * Tells the database how our tables have grown. A statement is planned by what was last counted, and for a table of
 * which nothing is known by reading all of it: after a few thousand messages, that is most of what a service costs.
 * PostgreSQL counts by itself, but only once a minute (`autovacuum_naptime`); PGlite never does.
 */
export class Upkeep {
  readonly #pool: PgPool
  readonly #statement: string
  #transactions = 0
  #next = 32
  #isRunning = false

  constructor(pool: PgPool, statement: string) {
    this.#pool = pool
    this.#statement = statement
  }

  /** Counts whenever there have been four times as many transactions as the last time. */
  committed(): void {
    this.#transactions++
    if (this.#transactions < this.#next || this.#isRunning) return
    this.#next = Math.min(4 * this.#transactions, this.#transactions + pauseMax)
    this.#isRunning = true
    // The next time is soon enough for one that fails.
    this.#run()
      .catch(() => {})
      .finally(() => {
        this.#isRunning = false
      })
  }

  async #run(): Promise<void> {
    const session = new Session(await this.#pool.connect())
    await session.tell(this.#statement).then(
      () => session.release(),
      lost => session.release(lost),
    )
  }
}

const pauseMax = 20_000

/** What is changed and deleted by its key: of other columns nothing needs to be known. */
export const tables = 'makegood.inbox (service, identity), makegood.outbox (service, id), makegood.saga (service, id)'
