import { systemClock } from '../../ports/clock.ts'
import { array } from '../postgres/array.ts'
import type { Database } from './database.ts'
import * as queries from './queries.ts'

/** Between two times that it rings: whoever was woken looks again at short intervals. */
const pauseMs = 5

/**
 * Wakes whoever rests before an empty queue. Rung after the commit and by a statement of its own, one for all that was
 * sent meanwhile: PostgreSQL lets transactions that notify commit only one after the other.
 */
export class Bell {
  readonly #database: Database
  readonly #due = new Set<string>()
  #isRinging = false

  constructor(database: Database) {
    this.#database = database
  }

  ring(queues: Iterable<string>): void {
    for (const queue of queues) this.#due.add(queue)
    if (!this.#isRinging) void this.#ringAll()
  }

  async #ringAll(): Promise<void> {
    this.#isRinging = true
    while (this.#due.size > 0) {
      const queues = [...this.#due]
      this.#due.clear()
      // One that is not heard costs a delay.
      await this.#database.ask(queries.notify, array(queues)).catch(() => {})
      await systemClock.sleep(pauseMs)
    }
    this.#isRinging = false
  }
}
