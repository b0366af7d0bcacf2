import type { Clock } from '../ports/clock.ts'
import type { SagaRow } from '../ports/store.ts'
import { isUnderWay, type SagaNews } from './orchestration.ts'

interface Looks {
  /** @throws MakegoodError `SAGA_UNKNOWN` */
  readonly at: (sagaId: string) => Promise<SagaRow>
  /** Finds those that are not under way. */
  readonly forEnded: (sagaIds: readonly string[]) => Promise<readonly SagaRow[]>
}

interface Waiting {
  readonly sagaId: string
  readonly until: number
  lookAt: number
  pauseMs: number
  readonly resolve: (ended: SagaRow | undefined) => void
  readonly reject: (error: unknown) => void
}

/**
 * Who waits for sagas to end. Most end in the process that started them, and those that wait are told by the
 * transaction that ended it; sagas that end elsewhere are found by looking for all of them at once, at each with
 * growing pauses.
 */
export class Endings {
  readonly #clock: Clock
  readonly #look: Looks
  readonly #waiting = new Map<string, Set<Waiting>>()
  #isLooking = false

  constructor(clock: Clock, look: Looks) {
    this.#clock = clock
    this.#look = look
  }

  tell(news: readonly Pick<SagaNews, 'id' | 'row'>[]): void {
    for (const { id, row } of news) for (const { resolve } of this.#waiting.get(id) ?? []) resolve(row)
  }

  /** Resolves with the saga when it is not under way, or as it is after `timeoutMs`. */
  async endOf(sagaId: string, timeoutMs: number): Promise<SagaRow> {
    const { ended, leave } = this.#wait(sagaId, timeoutMs)
    try {
      const row = await this.#look.at(sagaId)
      if (!isUnderWay(row.state)) return row
      return (await ended) ?? (await this.#look.at(sagaId))
    } finally {
      leave()
    }
  }

  #wait(sagaId: string, timeoutMs: number): { readonly ended: Promise<SagaRow | undefined>; leave(): void } {
    const now = this.#clock.now()
    const others = this.#waiting.get(sagaId) ?? new Set()
    this.#waiting.set(sagaId, others)
    let leave = () => {}
    const ended = new Promise<SagaRow | undefined>((resolve, reject) => {
      const waiting = { sagaId, until: now + timeoutMs, lookAt: now + firstPauseMs, pauseMs: firstPauseMs }
      const each: Waiting = { ...waiting, resolve, reject }
      others.add(each)
      leave = () => {
        others.delete(each)
        if (others.size === 0) this.#waiting.delete(sagaId)
      }
    })
    // Whoever has left does not want to know.
    ended.catch(() => {})
    if (!this.#isLooking) void this.#lookAround()
    return { ended, leave }
  }

  async #lookAround(): Promise<void> {
    this.#isLooking = true
    while (this.#waiting.size > 0) {
      await this.#clock.sleep(tickMs)
      const now = this.#clock.now()
      const all = [...this.#waiting.values()].flatMap(waiting => [...waiting])
      for (const { until, resolve } of all) if (until <= now) resolve(undefined)
      const due = all.filter(({ lookAt }) => lookAt <= now)
      if (due.length > 0) await this.#lookFor(due, now)
    }
    this.#isLooking = false
  }

  async #lookFor(due: readonly Waiting[], now: number): Promise<void> {
    try {
      const rows = await this.#look.forEnded([...new Set(due.map(({ sagaId }) => sagaId))])
      this.tell(rows.map(row => ({ id: row.id, row })))
    } catch (error) {
      for (const { reject } of due) reject(error)
    }
    for (const each of due) {
      each.pauseMs = Math.min(each.pauseMs * 2, pauseMsMax)
      each.lookAt = now + each.pauseMs
    }
  }
}

const tickMs = 50
const firstPauseMs = 100
const pauseMsMax = 1_000
