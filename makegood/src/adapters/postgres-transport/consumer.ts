import type { Delivery, LinkState } from '../../ports/transport.ts'
import type { Queue } from '../../ports/wire.ts'
import { array } from '../postgres/array.ts'
import type { Row } from '../stored-rows.ts'
import type { Database } from './database.ts'
import type { Presence } from './presence.ts'
import * as queries from './queries.ts'
import type { Stay } from './stay.ts'

/** The first rest before a queue that was found empty; each further one is twice as long, up to `idleMs`. */
const firstPauseMs = 5
/** How long what was acknowledged waits for a look to go with. */
const flushMs = 10
/** How far waiting messages are counted. */
const countMax = 10_000

export interface ConsumerPlan {
  readonly database: Database
  readonly presence: Presence
  readonly queue: Queue
  readonly prefetch: number
  readonly idleMs: number
}

interface PostgresDelivery extends Delivery {
  readonly number: string
  readonly stay: Stay
}

/** Takes from one queue, and knows what was taken and not acknowledged. */
export class Consumer {
  readonly #plan: ConsumerPlan
  /** Whose messages these are; of an earlier stay nothing is known any more. */
  #stay: Stay | undefined
  #inHand = new Set<string>()
  #acknowledged: string[] = []
  #flush: NodeJS.Timeout | undefined
  /** How long it rests before it looks. */
  #pauseMs = 0
  /** Somebody called, maybe while it looked. */
  #called = false
  #endRest: () => void = () => {}
  #taking: Promise<readonly Delivery[]> = Promise.resolve([])
  #closed = false

  constructor(plan: ConsumerPlan) {
    this.#plan = plan
    plan.presence.onMessages = () => this.#call()
  }

  get state(): LinkState {
    return this.#plan.presence.state
  }

  take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    this.#taking = this.#takeUntil(max, Date.now() + waitMs)
    return this.#taking
  }

  acknowledge(deliveries: readonly Delivery[]): void {
    if (this.#closed) return
    for (const { number, stay } of deliveries as readonly PostgresDelivery[]) {
      if (stay === this.#stay && this.#inHand.delete(number)) this.#acknowledged.push(number)
    }
    this.#flush ??= setTimeout(() => void this.#forget(), flushMs)
    this.#call()
  }

  /** Counted up to a limit: whoever is so far behind need not know how far. */
  async waiting(): Promise<number | undefined> {
    const { database, presence, queue } = this.#plan
    if (presence.stay === undefined) return undefined
    const [row] = await database.ask(queries.waiting, queue.name, String(countMax))
    return Number(row!['waiting'])
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#endRest()
    await this.#taking
    await this.#forget()
  }

  /** The last thing it does before it resolves with nothing is to look: whoever hears it knows that there was nothing. */
  async #takeUntil(max: number, until: number): Promise<readonly Delivery[]> {
    while (!this.#closed) {
      await this.#rest(Math.min(this.#pauseMs, until - Date.now()))
      const taken = await this.#look(max)
      if (taken.length > 0 || Date.now() >= until) return taken
    }
    return []
  }

  async #look(max: number): Promise<readonly Delivery[]> {
    const { database, presence, queue, prefetch, idleMs } = this.#plan
    const { stay } = presence
    if (stay !== this.#stay) this.#beginAnew(stay)
    const restedMs = this.#pauseMs
    const room = Math.min(max, prefetch - this.#inHand.size)
    this.#called = false
    this.#pauseMs = idleMs
    if (stay === undefined || room <= 0 || this.#closed) return []
    try {
      const query = queue.inOrder ? queries.takeInOrder : queries.take
      const rows = await database.ask(query, queue.name, stay.reader, array(this.#takeAcknowledged()), String(room))
      // What was taken for somebody who is gone meanwhile comes again.
      if (this.#closed || stay !== presence.stay) return []
      const isOver = rows.length === 0 && !this.#called
      this.#pauseMs = isOver ? Math.min(Math.max(2 * restedMs, firstPauseMs), idleMs) : 0
      return rows.map(row => this.#deliveryOf(row, stay)).sort((a, b) => Number(a.number) - Number(b.number))
    } catch (error) {
      presence.lost(stay, error)
      return []
    }
  }

  #deliveryOf(row: Row, stay: Stay): PostgresDelivery {
    const number = row['number']!
    this.#inHand.add(number)
    const envelope = {
      id: row['id']!,
      address: row['address']!,
      mandatory: false,
      headers: JSON.parse(row['headers']!),
      body: row['body']!,
    }
    return { envelope, redelivered: row['takes'] !== '1', number, stay }
  }

  /** What an earlier stay had in hand comes again, acknowledged or not. */
  #beginAnew(stay: Stay | undefined): void {
    this.#stay = stay
    this.#inHand = new Set()
    this.#takeAcknowledged()
  }

  #takeAcknowledged(): readonly string[] {
    clearTimeout(this.#flush)
    this.#flush = undefined
    return this.#acknowledged.splice(0)
  }

  async #forget(): Promise<void> {
    const { database, presence, queue } = this.#plan
    const numbers = this.#takeAcknowledged()
    const stay = this.#stay
    if (stay === undefined || numbers.length === 0) return
    await database
      .ask(queries.acknowledge, queue.name, stay.reader, array(numbers))
      .catch(error => presence.lost(stay, error))
  }

  #rest(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve()
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#endRest = done
    })
  }

  /** There may be something to take. */
  #call(): void {
    this.#called = true
    this.#pauseMs = 0
    this.#endRest()
  }
}
