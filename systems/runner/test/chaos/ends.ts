import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

/** Tells when orders have ended: one look at the table for all who wait, and none of the service's time. */
export class Ends {
  readonly #url: string
  readonly #query: string
  readonly #waiting = new Map<string, () => void>()
  #isOpen = true
  readonly #watching: Promise<void>

  /** The query answers the `id` of those of $1, an array of ids, that have ended. */
  constructor(orderDatabaseUrl: string, query: string) {
    this.#url = orderDatabaseUrl
    this.#query = query
    this.#watching = this.#watch()
  }

  of(orderId: string): Promise<void> {
    return new Promise(resolve => this.#waiting.set(orderId, resolve))
  }

  async stop(): Promise<void> {
    this.#isOpen = false
    await this.#watching
  }

  async #watch(): Promise<void> {
    while (this.#isOpen) {
      const client = new pg.Client({ connectionString: this.#url })
      client.on('error', () => {})
      // The server is restarted while we look: then we look again.
      await this.#look(client).catch(() => pause(200))
      await client.end().catch(() => {})
    }
  }

  async #look(client: pg.Client): Promise<void> {
    await client.connect()
    while (this.#isOpen) {
      if (this.#waiting.size > 0) {
        const { rows } = await client.query<{ id: unknown }>(this.#query, [[...this.#waiting.keys()]])
        for (const id of rows.map(row => String(row.id))) {
          this.#waiting.get(id)?.()
          this.#waiting.delete(id)
        }
      }
      await pause(20)
    }
  }
}
