import type { LinkOptions, LinkState } from '../../ports/transport.ts'
import { type Life, Recovering } from '../recovering.ts'
import type { Database } from './database.ts'
import type { ResolvedOptions } from './options.ts'
import { Stay } from './stay.ts'
import { troubleOf } from './trouble.ts'

/** Keeps a link in the database: one stay after another, whatever ends them, until it is closed. */
export class Presence {
  readonly #database: Database
  readonly #options: ResolvedOptions
  readonly #link: LinkOptions
  readonly #recovering: Recovering
  #stay: Stay | undefined
  /** Told that there may be something to take. */
  onMessages: () => void = () => {}

  constructor(database: Database, options: ResolvedOptions, link: LinkOptions) {
    this.#database = database
    this.#options = options
    this.#link = link
    const { report, service } = link
    this.#recovering = new Recovering({ name: service, report, troubleOf, live: life => this.#live(life) })
  }

  get state(): LinkState {
    return this.#recovering.state
  }

  /** Undefined while it is not connected. */
  get stay(): Stay | undefined {
    return this.#stay
  }

  /** A statement of this stay went wrong. Of an earlier one that is known already. */
  lost(stay: Stay, why: unknown): void {
    if (stay !== this.#stay) return
    this.#stay = undefined
    this.#recovering.renew(why as Error)
  }

  close(): Promise<void> {
    return this.#recovering.close()
  }

  async #live({ ready, lost, closing }: Life): Promise<void> {
    const stay = new Stay({
      ...{ database: this.#database, options: this.#options, link: this.#link },
      onMessages: () => this.onMessages(),
      onLost: why => this.lost(stay, why),
    })
    try {
      await Promise.race([stay.begin(), lost])
      this.#stay = stay
      ready('the queues in PostgreSQL')
      this.onMessages()
      await Promise.race([stay.keepAlive(), lost])
    } finally {
      this.#stay = undefined
      await stay.end({ takesLeave: closing.aborted })
    }
  }
}
