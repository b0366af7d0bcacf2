import type { StoreTransaction } from '../ports/store.ts'
import type { Engine } from './engine.ts'
import { Orchestration, type SagaNews } from './orchestration.ts'
import type { Outbox } from './outbox.ts'
import { Outgoing } from './outgoing.ts'

/** What one transaction is to leave behind: messages that it sends, sagas that it moves. */
export interface Change {
  readonly tx: StoreTransaction<unknown>
  readonly outgoing: Outgoing
  readonly orchestration: Orchestration
}

/** Makes changes: all that one is to leave behind is written by its last statements, and acted upon when it has committed. */
export class Changes {
  readonly #engine: Engine
  /** Undefined while the service does not run: what is sent then is left to the relay. */
  readonly #outbox: () => Outbox | undefined
  readonly #onNews: (news: readonly SagaNews[]) => void

  constructor(engine: Engine, outbox: () => Outbox | undefined, onNews: (news: readonly SagaNews[]) => void) {
    this.#engine = engine
    this.#outbox = outbox
    this.#onNews = onNews
  }

  /** Rejects with what `work` or the database threw; then nothing of it has happened. */
  make<Result>(work: (change: Change) => Promise<Result>): Promise<Result> {
    return this.#make(work, () => [])
  }

  /**
   * Takes along what was confirmed since the last time, for the outbox to forget. Two processes that have published the
   * same rows could meet there, so this is for what is made again if it fails.
   */
  makeAndForget<Result>(work: (change: Change) => Promise<Result>): Promise<Result> {
    return this.#make(work, outbox => outbox.takeConfirmed())
  }

  async #make<Result>(
    work: (change: Change) => Promise<Result>,
    confirmedIn: (outbox: Outbox) => readonly string[],
  ): Promise<Result> {
    const outbox = this.#outbox()
    let sent: readonly string[] = []
    try {
      const { result, envelopes, left, news } = await this.#engine.store.transaction(async tx => {
        const outgoing = new Outgoing(this.#engine)
        const orchestration = new Orchestration(this.#engine, outgoing, tx.now())
        const result = await work({ tx, outgoing, orchestration })
        orchestration.save(tx)
        const { envelopes } = outgoing
        const leaseMs = outbox?.leaseFor(envelopes.length) ?? 0
        const left = tx.addToOutbox(envelopes, leaseMs)
        // Nothing is waited for after this, so that nobody who holds one of the rows can be waiting for us.
        if (outbox !== undefined) sent = confirmedIn(outbox)
        if (sent.length > 0) void tx.forget(sent)
        return { result, envelopes, left, news: orchestration.news() }
      })
      outbox?.committed(envelopes, await left)
      if (news.length > 0) this.#onNews(news)
      return result
    } catch (error) {
      outbox?.putBack(sent)
      throw error
    }
  }
}
