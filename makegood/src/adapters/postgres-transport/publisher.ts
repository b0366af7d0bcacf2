import type { LinkState, Published } from '../../ports/transport.ts'
import type { Envelope } from '../../ports/wire.ts'
import { array } from '../postgres/array.ts'
import { type Publication, Publications } from '../publication.ts'
import type { Bell } from './bell.ts'
import type { Database } from './database.ts'
import type { Presence } from './presence.ts'
import * as queries from './queries.ts'
import type { Stay } from './stay.ts'

/** What one statement may carry. */
const messagesMax = 500
const charactersMax = 8 * 1024 * 1024
/** How long `close` waits for the statement that is under way. */
const closeMs = 2_000

export interface PublisherPlan {
  readonly database: Database
  readonly presence: Presence
  readonly exchange: string
  readonly bell: Bell | undefined
}

interface Letter {
  readonly envelope: Envelope
  readonly publication: Publication
}

/** Inserts messages, one statement at a time: what is to be published while one is under way goes with the next. */
export class Publisher {
  readonly #plan: PublisherPlan
  readonly #publications = new Publications()
  readonly #waiting: Letter[] = []
  #isSending = false
  #closed = false

  constructor(plan: PublisherPlan) {
    this.#plan = plan
  }

  get state(): LinkState {
    return this.#plan.presence.state
  }

  publish(envelopes: readonly Envelope[]): Promise<Published> {
    const sends = this.#plan.presence.stay !== undefined && !this.#closed
    const publication = this.#publications.begin(sends ? envelopes.length : 0)
    if (!sends) return publication.outcome
    for (const envelope of envelopes) this.#waiting.push({ envelope, publication })
    if (!this.#isSending) void this.#sendAll()
    return publication.outcome
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#publications.settled(closeMs)
    this.#publications.endOlderThan(0)
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true
    while (this.#waiting.length > 0) await this.#send(this.#waiting.splice(0, atOnce(this.#waiting)))
    this.#isSending = false
  }

  async #send(letters: readonly Letter[]): Promise<void> {
    const { presence, bell } = this.#plan
    const { stay } = presence
    const queues = stay && (await this.#insert(stay, letters).catch(error => presence.lost(stay, error)))
    for (const [at, { envelope, publication }] of letters.entries()) {
      if (!queues) publication.leave()
      else if (queues[at]!.length === 0 && envelope.mandatory) publication.returned(envelope.id)
      else publication.confirm(envelope.id)
    }
    if (queues) bell?.ring(queues.flat())
  }

  /** Resolves with the queues of each letter. */
  async #insert(stay: Stay, letters: readonly Letter[]): Promise<readonly (readonly string[])[]> {
    const { database, exchange } = this.#plan
    for (;;) {
      const { routes } = stay
      const queues = letters.map(({ envelope }) => routes.queuesOf(envelope))
      const rows = letters.flatMap(({ envelope }, at) => queues[at]!.map(queue => ({ queue, ...envelope })))
      const [present] = await database.ask(
        queries.publish,
        exchange,
        routes.version,
        array(rows.map(({ queue }) => queue)),
        array(rows.map(({ id }) => id)),
        array(rows.map(({ address }) => address)),
        array(rows.map(({ headers }) => JSON.stringify(headers))),
        array(rows.map(({ body }) => body)),
      )
      if (present!['version'] === routes.version) return queues
      // Somebody has bound a queue since: nothing was inserted.
      await stay.reloadRoutes()
    }
  }
}

function atOnce(letters: readonly Letter[]): number {
  let characters = 0
  const end = letters.findIndex(({ envelope }, at) => {
    characters += envelope.body.length
    return at > 0 && (at === messagesMax || characters > charactersMax)
  })
  return end < 0 ? letters.length : end
}
