import type { Delivery, Link } from '../ports/transport.ts'
import type { Engine } from './engine.ts'
import { type Loop, loop } from './loop.ts'
import { workOn } from './work.ts'
import type { Worker } from './worker.ts'

/** Takes what has arrived, as much as is there and never waiting for more, handles it, and acknowledges it. */
export class Intake {
  readonly #engine: Engine
  readonly #link: Link
  readonly #worker: Worker
  /** Taken and not handled, because the database went away. */
  #held: readonly Delivery[] = []
  #caughtUpTo = 0
  #loop: Loop | undefined

  constructor(engine: Engine, link: Link, worker: Worker) {
    this.#engine = engine
    this.#link = link
    this.#worker = worker
  }

  start(): void {
    this.#loop = loop(this.#engine, 'intake', () => this.#takeAndHandle())
  }

  async stop(): Promise<void> {
    await this.#loop?.stop()
  }

  /**
   * Everything that had arrived before this time has been handled, as far as this process can know: deadlines that
   * passed later do not fire yet (protocol, rule 12). In milliseconds since 1970.
   */
  get caughtUpTo(): number {
    return this.#engine.queue === undefined ? this.#engine.clock.now() : this.#caughtUpTo
  }

  async #takeAndHandle(): Promise<number> {
    const { clock, limits } = this.#engine
    if (this.#held.length === 0) {
      const before = clock.now()
      this.#held = await this.#link.take(limits.batchSize, waitMs)
      if (this.#held.length === 0) {
        if (this.#link.state.state === 'connected' && clock.now() - before >= waitMs / 2) this.#caughtUpTo = before
        return 0
      }
    }
    const deliveries = this.#held
    const work = await Promise.all(
      deliveries.map(({ envelope, redelivered }) => workOn(this.#engine, envelope, { custodyFirst: redelivered })),
    )
    await this.#worker.handle(work)
    this.#link.acknowledge(deliveries)
    this.#held = []
    // A sender's clock may be ahead of ours.
    const sentAt = work.map(({ reading }) => reading.message?.sentAt ?? 0)
    this.#caughtUpTo = Math.max(this.#caughtUpTo, Math.min(...sentAt, clock.now()))
    return 0
  }
}

const waitMs = 500
