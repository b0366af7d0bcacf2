import type { Clock } from '../ports/clock.ts'
import type { SagaRow } from '../ports/store.ts'
import { isUnderWay, type SagaNews } from './orchestration.ts'

/**
 * Who waits for sagas to end. Most end in the process that started them, and those that wait are told by the
 * transaction that ended it; sagas that end elsewhere are found by looking, with growing pauses. A look costs as much
 * as a tenth of a saga does.
 */
export class Endings {
  readonly #clock: Clock
  readonly #look: (sagaId: string) => Promise<SagaRow>
  readonly #waiting = new Map<string, Set<(row: SagaRow) => void>>()

  constructor(clock: Clock, look: (sagaId: string) => Promise<SagaRow>) {
    this.#clock = clock
    this.#look = look
  }

  tell(news: readonly SagaNews[]): void {
    for (const { id, row } of news) for (const wake of this.#waiting.get(id) ?? []) wake(row)
  }

  /** Resolves with the saga when it is not under way, or as it is after `timeoutMs`. */
  async endOf(sagaId: string, timeoutMs: number): Promise<SagaRow> {
    const until = this.#clock.now() + timeoutMs
    const ending = this.#ending(sagaId)
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
        const row = ending.row ?? (await this.#look(sagaId))
        const leftMs = until - this.#clock.now()
        if (!isUnderWay(row.state) || leftMs <= 0) return row
        await ending.within(Math.min(pauseMs, leftMs))
      }
    } finally {
      ending.forget()
    }
  }

  #ending(sagaId: string) {
    const waiting = this.#waiting.get(sagaId) ?? new Set()
    let row: SagaRow | undefined
    let stopPause = () => {}
    const wake = (ended: SagaRow) => {
      row = ended
      stopPause()
    }
    this.#waiting.set(sagaId, waiting.add(wake))
    return {
      get row() {
        return row
      },
      within: async (ms: number) => {
        const pause = new AbortController()
        stopPause = () => pause.abort('ended')
        if (row === undefined) await this.#clock.sleep(ms, pause.signal)
      },
      forget: () => {
        waiting.delete(wake)
        if (waiting.size === 0) this.#waiting.delete(sagaId)
      },
    }
  }
}

const firstPauseMs = 100
const pauseMsMax = 1_000
