import type { MakegoodError } from '../model/errors.ts'
import { systemClock } from '../ports/clock.ts'
import type { LinkEvent, LinkState } from '../ports/transport.ts'

const firstPauseMs = 100
const pauseMsMax = 5_000
/** The same trouble is not reported again sooner. */
const reportAgainMs = 60_000

export interface RecoveringPlan {
  /** Said in reports: who connects, and what for. */
  readonly name: string
  readonly report: (event: LinkEvent) => void
  /** What an error means for a person on call, in one sentence that says what to do. */
  readonly troubleOf: (error: unknown) => MakegoodError
  /** One life, from the first attempt to connect until something ends it, which it throws. */
  readonly live: (life: Life) => Promise<void>
}

export interface Life {
  /** It is connected; `where` is said to the person on call. */
  ready(where: string): void
  /** Rejects as soon as this life is to end. */
  readonly lost: Promise<never>
  /** Ends this life, and no later one: what a connection says when it is given up already is heard in vain. */
  lose(why: Error): void
  /** Aborts when no other is to follow. */
  readonly closing: AbortSignal
}

/** What is connected, and made anew whenever that is lost, for whatever reason, until it is closed. */
export class Recovering {
  readonly #plan: RecoveringPlan
  readonly #closing = new AbortController()
  readonly #ended: Promise<void>
  #state: LinkState = { state: 'connecting', because: 'it has just begun' }
  #readyAt: number | undefined
  #lose: (why: Error) => void = () => {}
  /** What trouble was told since it was last connected, and when: of several addresses each may have its own. */
  readonly #reported = new Map<string, number>()

  constructor(plan: RecoveringPlan) {
    this.#plan = plan
    this.#ended = this.#run()
  }

  get state(): LinkState {
    return this.#state
  }

  /** Gives up what there is and makes it anew. */
  renew(why: Error): void {
    this.#lose(why)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#lose(new Error('closed by us'))
    await this.#ended
  }

  async #run(): Promise<void> {
    // Whoever makes this object has it before its first life begins.
    await Promise.resolve()
    let pauseMs = firstPauseMs
    while (!this.#closing.signal.aborted) {
      this.#readyAt = undefined
      const because = await this.#live()
      if (because === undefined) break
      this.#state = { state: 'connecting', because }
      // One that lived longer than the pause before it was a good one: the next pause is short again.
      const livedMs = this.#readyAt === undefined ? 0 : Date.now() - this.#readyAt
      pauseMs = livedMs > pauseMs ? firstPauseMs : Math.min(2 * pauseMs, pauseMsMax)
      await systemClock.sleep(pauseMs * (0.5 + systemClock.random() / 2), this.#closing.signal)
    }
    this.#state = { state: 'closed' }
  }

  /** Resolves with what has ended it, if not we. */
  async #live(): Promise<string | undefined> {
    let lose = (_why: Error) => {}
    const lost = new Promise<never>((_, reject) => {
      lose = why => {
        if (this.#lose === lose && this.#state.state === 'connected')
          this.#state = { state: 'connecting', because: why.message }
        reject(why)
      }
    })
    lost.catch(() => {})
    this.#lose = lose
    const ready = (where: string) => this.#reportConnected(where)
    try {
      await this.#plan.live({ ready, lost, lose, closing: this.#closing.signal })
      return 'it has ended'
    } catch (error) {
      return this.#closing.signal.aborted ? undefined : this.#reportTrouble(error)
    }
  }

  #reportConnected(where: string): void {
    this.#state = { state: 'connected' }
    this.#readyAt = Date.now()
    this.#reported.clear()
    this.#plan.report({ level: 'info', message: `${this.#plan.name} is connected to ${where}` })
  }

  #reportTrouble(error: unknown): string {
    const trouble = this.#plan.troubleOf(error)
    const now = Date.now()
    for (const [message, at] of this.#reported) if (now - at > reportAgainMs) this.#reported.delete(message)
    if (!this.#reported.has(trouble.message)) {
      this.#reported.set(trouble.message, now)
      const level = trouble.retryable ? 'warn' : 'error'
      this.#plan.report({ level, message: `${this.#plan.name}: ${trouble.message}`, cause: trouble })
    }
    return trouble.message
  }
}
