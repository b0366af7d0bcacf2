import type { Delivery } from '../ports/transport.ts'

/** The one call of `take` at a time: answered when there is something, with nothing when its time is over. */
export class WaitingTake<Taken extends Delivery> {
  readonly #takeUpTo: (max: number) => readonly Taken[]
  #waiting: Waiting<Taken> | undefined
  #closed = false

  /** `takeUpTo` takes what is there, and may find nothing. */
  constructor(takeUpTo: (max: number) => readonly Taken[]) {
    this.#takeUpTo = takeUpTo
  }

  get isWaiting(): boolean {
    return this.#waiting !== undefined
  }

  take(max: number, waitMs: number): Promise<readonly Taken[]> {
    if (this.#closed) return Promise.resolve([])
    const taken = this.#takeUpTo(max)
    if (taken.length > 0) return Promise.resolve(taken)
    return new Promise(resolve => {
      this.#waiting = { max, resolve, timer: setTimeout(() => this.#answer([]), waitMs) }
    })
  }

  /** There may be something now. Returns whether somebody waited for it, and has it. */
  wake(): boolean {
    if (this.#waiting === undefined) return false
    const taken = this.#takeUpTo(this.#waiting.max)
    if (taken.length === 0) return false
    this.#answer(taken)
    return true
  }

  /** Whoever waits gets nothing, now and later. */
  close(): void {
    this.#closed = true
    this.#answer([])
  }

  #answer(taken: readonly Taken[]): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    clearTimeout(waiting.timer)
    waiting.resolve(taken)
  }
}

interface Waiting<Taken> {
  readonly max: number
  readonly resolve: (taken: readonly Taken[]) => void
  readonly timer: NodeJS.Timeout
}
