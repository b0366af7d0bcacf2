import type { InboxRow } from '../ports/store.ts'
import type { Calls } from './calls.ts'
import type { Engine } from './engine.ts'
import type { HostedIndex } from './hosted.ts'
import { type Loop, loop } from './loop.ts'
import { handlerMsMax } from './running.ts'
import { workOn } from './work.ts'
import type { Worker } from './worker.ts'

/** Takes up parked messages when they are due, each alone, and records the results of calls. */
export class Custody {
  readonly #engine: Engine
  readonly #worker: Worker
  readonly #calls: Calls
  #loops: readonly Loop[] = []
  readonly #leaseMs: number
  /** Claimed and not handled, because the database went away: to anybody else it is leased. */
  #claimed: InboxRow | undefined

  constructor(engine: Engine, worker: Worker, calls: Calls) {
    this.#engine = engine
    this.#worker = worker
    this.#calls = calls
    this.#leaseMs = slowestHandlerMs(engine.hosted) + leaseMarginMs
  }

  start(): void {
    const parked = loop(this.#engine, 'parked messages', () => this.#claimAndHandle())
    const results = loop(this.#engine, 'results of calls', () => this.#record())
    this.#loops = [parked, results]
    this.#worker.onParked = ms => parked.wake(ms)
    this.#calls.onResult = () => {
      results.wake()
      parked.wake()
    }
  }

  /** Makes the next look at what is parked begin now. */
  wake(): void {
    this.#loops[0]?.wake()
  }

  async stop(): Promise<void> {
    await this.#loops[0]?.stop()
  }

  /** Calls that are under way are awaited for `ms`; their results are recorded if the database is there. */
  async drain(ms: number): Promise<void> {
    await this.#calls.drain(ms)
    await this.#loops[1]?.stop()
    await this.#record().catch(() => {})
  }

  async #claimAndHandle(): Promise<number> {
    const { store, limits } = this.#engine
    if (this.#claimed === undefined) [this.#claimed] = await store.claimParked(1, this.#leaseMs, this.#calls.busy)
    const claim = this.#claimed
    if (claim !== undefined) {
      const { custody } = claim.handling
      if (custody !== undefined)
        await this.#worker.handle([await workOn(this.#engine, custody.envelope, { claim, custodyFirst: false })])
      this.#claimed = undefined
      return 0
    }
    const dueInMs = await store.nextParkedInMs()
    return dueInMs === undefined ? limits.idleMs : Math.min(Math.max(dueInMs, 5), limits.idleMs)
  }

  async #record(): Promise<number> {
    const { limits } = this.#engine
    const results = this.#calls.takeResults(limits.batchSize)
    if (results.length === 0) return limits.idleMs
    try {
      await this.#worker.handle(results)
    } catch (error) {
      this.#calls.putBack(results)
      throw error
    }
    return 0
  }
}

/**
 * How much longer than its handler may take a claim is held: for waiting for a connection and for locks. A claim that is
 * over before its handling would count as an attempt that nobody made.
 */
const leaseMarginMs = 15_000

function slowestHandlerMs({ handlers, reactions }: HostedIndex): number {
  const hosted = [...handlers.values(), ...[...reactions.values()].flat()]
  return Math.max(...hosted.map(({ handlerMsMax: limit = handlerMsMax }) => limit), handlerMsMax)
}
