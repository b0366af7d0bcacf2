import { randomUUID } from 'node:crypto'
import { systemClock } from '../../ports/clock.ts'
import type { LinkOptions } from '../../ports/transport.ts'
import { inTime } from '../in-time.ts'
import type { PooledClient } from '../postgres/client.ts'
import { migrate } from '../postgres/migrate.ts'
import { Session } from '../postgres/session.ts'
import type { Database } from './database.ts'
import type { ResolvedOptions } from './options.ts'
import * as queries from './queries.ts'
import { declare, type Routes, routesOf } from './routes.ts'

/** How long it may take to take leave. */
const leaveMs = 1_000

export interface StayPlan {
  readonly database: Database
  readonly options: ResolvedOptions
  readonly link: LinkOptions
  /** Told that there may be something to take. */
  readonly onMessages: () => void
  readonly onLost: (why: Error) => void
}

/**
 * One life of a link in the database, under one id. What it takes is held by that id, and a statement of which nobody
 * knows whether it took anything ends the stay: then what it holds is free again when its time is over.
 */
export class Stay {
  /** The id by which it holds what it takes. */
  readonly reader: string = randomUUID()
  readonly #plan: StayPlan
  readonly #over = new AbortController()
  #routes: Routes | undefined
  #listening: Session | undefined

  constructor(plan: StayPlan) {
    this.#plan = plan
  }

  get routes(): Routes {
    return this.#routes!
  }

  async begin(): Promise<void> {
    const { database, options, link } = this.#plan
    await migrate(database.pool, { schema: 'makegood_queues', folder: 'postgres-transport' })
    await declare(database.ask, link.topology)
    await this.reloadRoutes()
    if (link.queue === undefined) return
    if (!options.throughPooler) await this.#listen(link.queue.name)
    await database.ask(queries.join, this.reader, link.queue.name, link.service, String(options.leaseMs))
  }

  async reloadRoutes(): Promise<void> {
    const { database, link } = this.#plan
    this.#routes = await routesOf(database.ask, link.topology)
  }

  /** Ends by throwing, when the database is lost or this has been taken for dead. */
  async keepAlive(): Promise<void> {
    const { database, options, link } = this.#plan
    const ask = this.#listening ? database.askOn(this.#listening) : database.ask
    while (!this.#over.signal.aborted) {
      await systemClock.sleep(options.leaseMs / 4, this.#over.signal)
      if (this.#over.signal.aborted) return
      if (link.queue === undefined) {
        await ask(queries.ping)
        continue
      }
      const [alive] = await ask(queries.stayAlive, this.reader, String(options.leaseMs))
      if (!alive)
        throw new Error(`${link.service} gave no sign of life for ${options.leaseMs} ms: others may take what it had`)
    }
  }

  /** What it holds and has not acknowledged is free at once if it takes leave. */
  async end({ takesLeave }: { readonly takesLeave: boolean }): Promise<void> {
    this.#over.abort()
    this.#listening?.release(new Error('not to be used by others, for it listens'))
    if (!takesLeave || this.#plan.link.queue === undefined) return
    await inTime(leaveMs, this.#plan.database.ask(queries.leave, this.reader))
  }

  async #listen(queue: string): Promise<void> {
    const { database, onMessages, onLost } = this.#plan
    const client = await database.connect()
    const listening = new Session(client)
    if (this.#over.signal.aborted) return listening.release()
    this.#listening = listening
    const emitter = client as PooledClient & Emitter
    emitter.on?.('notification', ({ payload }) => payload === queue && onMessages())
    emitter.on?.('end', () => onLost(new Error('the connection that listens was closed')))
    await database.limited(listening.tell('listen makegood_queues'))
  }
}

/** A `pg` client hears; one that cannot only looks. */
interface Emitter {
  on?(event: 'notification', listener: (notification: { readonly payload?: string }) => void): void
  on?(event: 'end', listener: () => void): void
}
