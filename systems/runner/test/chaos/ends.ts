import { setTimeout as pause } from 'node:timers/promises'
import type { Session } from './servers/server.ts'

/** Tells when orders have ended: one look at the table for all who wait, and none of the service's time. */
export class Ends {
  readonly #open: () => Promise<Session>
  readonly #query: string
  readonly #waiting = new Map<string, () => void>()
  #isOpen = true
  readonly #watching: Promise<void>

  /** The query answers the `id` of those of its only value, an array of ids, that have ended. */
  constructor(open: () => Promise<Session>, query: string) {
    this.#open = open
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
      // The server is restarted while we look: then we look again.
      await this.#look().catch(() => pause(200))
    }
  }

  async #look(): Promise<void> {
    const session = await this.#open()
    try {
      while (this.#isOpen) {
        await this.#tell(session)
        await pause(20)
      }
    } finally {
      await session.end().catch(() => {})
    }
  }

  async #tell(session: Session): Promise<void> {
    if (this.#waiting.size === 0) return
    const rows = await session.ask<{ id: unknown }>(this.#query, [[...this.#waiting.keys()]])
    for (const id of rows.map(row => String(row.id))) {
      this.#waiting.get(id)?.()
      this.#waiting.delete(id)
    }
  }
}
