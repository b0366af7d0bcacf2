import { MakegoodError } from '../../model/errors.ts'
import type { PgPool, PooledClient, Value } from '../postgres/client.ts'
import { Session } from '../postgres/session.ts'
import { Upkeep } from '../postgres/upkeep.ts'
import type { Row } from '../stored-rows.ts'
import type { ResolvedOptions } from './options.ts'
import type { Query } from './queries.ts'

/** Asks one question, which is a transaction by itself. Rejects if no answer comes in time. */
export type Ask = (query: Query, ...values: readonly Value[]) => Promise<readonly Row[]>

/** The database as the transport uses it: single statements, each with a time limit, that leave nothing in a session. */
export class Database {
  readonly pool: PgPool
  readonly #answerMs: number
  readonly #prepares: boolean
  readonly #upkeep: Upkeep

  constructor({ pool, answerTimeoutMs, throughPooler }: ResolvedOptions) {
    this.pool = pool
    this.#answerMs = answerTimeoutMs
    this.#prepares = !throughPooler
    this.#upkeep = new Upkeep(pool, 'analyze (skip_locked) makegood_queues.message (queue, number)')
  }

  readonly ask: Ask = async (query, ...values) => {
    const session = new Session(await this.connect())
    try {
      const rows = await this.askOn(session)(query, ...values)
      session.release()
      this.#upkeep.committed()
      return rows
    } catch (error) {
      session.release(error as Error)
      throw error
    }
  }

  /** Asks on a session that somebody holds. */
  askOn(session: Session): Ask {
    return ({ name, text }, ...values) => this.limited(session.send({ name: this.#prepares ? name : '', text, values }))
  }

  /** A client that somebody will hold. */
  connect(): Promise<PooledClient> {
    const connecting = this.pool.connect()
    return this.limited(connecting, () => {
      connecting.then(
        late => late.release(),
        () => {},
      )
    })
  }

  async limited<Result>(promise: Promise<Result>, onLate: () => void = () => {}): Promise<Result> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        onLate()
        reject(
          new MakegoodError(
            'TRANSPORT_UNAVAILABLE',
            `The database of the queues gave no answer in ${this.#answerMs} ms`,
          ),
        )
      }, this.#answerMs)
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
