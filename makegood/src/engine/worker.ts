import { textOf } from '../model/errors.ts'
import type { Calls } from './calls.ts'
import type { Changes } from './change.ts'
import type { Engine } from './engine.ts'
import { type Handled, handleBatch } from './handle-batch.ts'
import { oneOfEach, type Work } from './work.ts'

/** Takes work through its transactions, and does after each commit what follows from it. */
export class Worker {
  readonly #engine: Engine
  readonly #changes: Changes
  readonly #calls: Calls
  /** Told when a message was parked here: it is due in `ms`. */
  onParked: (ms: number) => void = () => {}

  constructor(engine: Engine, changes: Changes, calls: Calls) {
    this.#engine = engine
    this.#changes = changes
    this.#calls = calls
  }

  /**
   * Resolves when all of it has been handled, parked, or made a dead letter: whatever it does, one message does not
   * hold up the others. Rejects only if the database is away; then nothing of what had not committed has happened.
   */
  async handle(work: readonly Work[]): Promise<void> {
    let rest = work
    while (rest.length > 0) {
      const { now, later } = oneOfEach(rest)
      await this.#handleApart(now)
      rest = later
    }
  }

  /** Halves what could not be handled together, down to the one that is to blame (protocol, rule 18). */
  async #handleApart(work: readonly Work[]): Promise<void> {
    const error = await this.#tryTogether(work)
    if (error === undefined) return
    const { store, log, service, telemetry, clock } = this.#engine
    const meaning = store.classify(error)
    if (meaning === 'unavailable') throw error
    telemetry.count('makegood_batches_retried_total', { reason: meaning === 'conflict' ? 'conflict' : 'error' })
    log.debug(
      { service, messages: work.length, error: textOf(error) },
      `${service}: a batch is taken apart: ${textOf(error)}`,
    )
    if (work.length > 1) {
      const half = Math.ceil(work.length / 2)
      await this.#handleApart(work.slice(0, half))
      await this.#handleApart(work.slice(half))
    } else if (meaning === 'conflict') {
      await clock.sleep(10 + 40 * clock.random())
      await this.#handleApart(work)
    } else {
      if (work[0]?.spoiled !== undefined) throw error
      await this.#handleApart(work.map(item => ({ ...item, spoiled: error, lockNames: 'none' as const })))
    }
  }

  /** Resolves with what was thrown, if anything. */
  async #tryTogether(work: readonly Work[]): Promise<unknown> {
    const taken: string[] = []
    const slots = {
      take: (type: string) => {
        const isFree = this.#calls.take(type)
        if (isFree) taken.push(type)
        return isFree
      },
    }
    const { clock, telemetry } = this.#engine
    const begunAt = clock.now()
    let handled: Handled
    try {
      handled = await this.#changes.makeAndForget(change => handleBatch(this.#engine, slots, change, work))
    } catch (error) {
      for (const type of taken) this.#calls.giveBack(type)
      return error ?? new Error('A transaction was rolled back without a reason.')
    }
    telemetry.observe('makegood_batch_size', {}, work.length)
    telemetry.observe('makegood_batch_seconds', {}, (clock.now() - begunAt) / 1_000)
    this.#afterCommit(handled)
    return undefined
  }

  #afterCommit({ calls, parkedForMs }: Handled): void {
    for (const call of calls) this.#calls.make(call)
    if (parkedForMs !== undefined) this.onParked(parkedForMs)
  }
}
