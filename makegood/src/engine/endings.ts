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
  /** Ended here before anybody asked: whoever started them will ask in a moment, and an operator will not. */
  readonly #lately = new Map<string, { readonly row: SagaRow; readonly at: number }>()

  constructor(clock: Clock, look: (sagaId: string) => Promise<SagaRow>) {
    this.#clock = clock
    this.#look = look
  }

  tell(news: readonly SagaNews[]): void {
    for (const { id, row } of news) {
      const waiting = this.#waiting.get(id)
      for (const wake of waiting ?? []) wake(row)
      if (waiting === undefined && row.state.status !== 'stuck') this.#remember(row)
    }
  }

  /** Resolves with the saga when it is not under way, or as it is after `timeoutMs`. */
  async endOf(sagaId: string, timeoutMs: number): Promise<SagaRow> {
    const until = this.#clock.now() + timeoutMs
    const ending = this.#ending(sagaId)
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
        const row = ending.row ?? this.#endedLately(sagaId) ?? (await this.#look(sagaId))
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

  #endedLately(sagaId: string): SagaRow | undefined {
    const ended = this.#lately.get(sagaId)
    return ended !== undefined && this.#clock.now() - ended.at < latelyMs ? ended.row : undefined
  }

  #remember(row: SagaRow): void {
    this.#lately.set(row.id, { row, at: this.#clock.now() })
    if (this.#lately.size > latelyMax) this.#lately.delete(this.#lately.keys().next().value!)
  }
}

const firstPauseMs = 100
const pauseMsMax = 1_000
const latelyMax = 1_000
const latelyMs = 1_000
