import type { Handler } from '../definition/participant.ts'
import { MakegoodError } from '../model/errors.ts'
import type { CommandMessage } from '../model/message.ts'
import type { Engine } from './engine.ts'
import type { HostedIndex } from './hosted.ts'
import { withTimeLimit } from './time-limit.ts'
import { receivedFrom, type Work, withResult } from './work.ts'

/** A call that a transaction has written down as begun, to be made once it has committed (protocol, rule 15). */
export interface CallToMake {
  readonly item: Work
  readonly command: CommandMessage
  readonly handler: Handler<unknown>
  readonly refusals: number
}

/** How many calls each handler may make at the same time. */
export interface CallSlots {
  /** Takes a slot if one is free; it is given back when the call is over, or the transaction was rolled back. */
  take(type: string): boolean
}

const callsMax = 16
const callMsMax = 10_000

/** How long a call may take: also what the lease under which it is made has to outlive (protocol, rule 15). */
export function callLimitMs(handler: Handler<unknown>): number {
  return handler.callMsMax ?? callMsMax
}

/** The calls of this process that are under way, and the results that wait to be recorded. */
export class Calls implements CallSlots {
  readonly #engine: Engine
  readonly #free = new Map<string, number>()
  readonly #running = new Set<Promise<void>>()
  /**
   * Ends the calls that are under way, one each: a signal composed of one that lives as long as the process would never
   * be collected, and with it what its call holds.
   */
  readonly #ends = new Set<AbortController>()
  #isDrained = false
  #results: Work[] = []
  /** Told when a result is there, or a slot has become free. */
  onResult: () => void = () => {}

  constructor(engine: Engine) {
    this.#engine = engine
    for (const [type, handler] of handlersWithCall(engine.hosted)) this.#free.set(type, handler.callsMax ?? callsMax)
  }

  /** The types of which no further call can be made now. */
  get busy(): readonly string[] {
    return [...this.#free].filter(([, free]) => free === 0).map(([type]) => type)
  }

  take(type: string): boolean {
    const free = this.#free.get(type) ?? 0
    if (free === 0 || this.#isDrained) return false
    this.#free.set(type, free - 1)
    return true
  }

  giveBack(type: string): void {
    this.#free.set(type, (this.#free.get(type) ?? 0) + 1)
  }

  make(call: CallToMake): void {
    const running = this.#make(call).then(() => {
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  takeResults(max: number): readonly Work[] {
    const taken = this.#results.slice(0, max)
    this.#results = this.#results.slice(max)
    return taken
  }

  /** Results that could not be recorded, because the database is away: they wait. */
  putBack(results: readonly Work[]): void {
    this.#results = [...results, ...this.#results]
  }

  /** Waits for what is under way for `ms`, then aborts it: it is in doubt, and made again by whoever claims it next. */
  async drain(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#abort(), ms)
    await Promise.all(this.#running)
    clearTimeout(timer)
    this.#isDrained = true
  }

  #abort(): void {
    this.#isDrained = true
    for (const end of this.#ends) end.abort(stopping())
  }

  async #make({ item, command, handler, refusals }: CallToMake): Promise<void> {
    const { clock, telemetry } = this.#engine
    const begunAt = clock.now()
    const called = await telemetry
      .span({ name: `call ${command.type}`, parent: command.headers, attributes: {} }, () =>
        this.#call(item, command, handler, refusals),
      )
      .then(
        result => ({ kind: 'returned' as const, result }),
        (error: unknown) => ({ kind: 'threw' as const, error }),
      )
    telemetry.observe('makegood_call_seconds', { type: command.type }, (clock.now() - begunAt) / 1_000)
    this.giveBack(command.type)
    this.#results.push(withResult(item, called))
    this.onResult()
  }

  async #call(item: Work, command: CommandMessage, handler: Handler<unknown>, refusals: number): Promise<unknown> {
    const limitMs = callLimitMs(handler)
    const end = new AbortController()
    const { signal } = end
    const context = { key: keyFor(command, refusals), signal, message: receivedFrom(command, item) }
    const call = handler.call as (payload: unknown, context: unknown) => Promise<unknown>
    const aborted = new Promise<never>((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    )
    this.#ends.add(end)
    if (this.#isDrained) end.abort(stopping())
    try {
      return await withTimeLimit(Promise.race([call(command.payload, context), aborted]), limitMs, () => {
        const error = new MakegoodError(
          'HANDLER_TIMEOUT',
          `The call for ${command.type} took longer than ${limitMs} ms.`,
        )
        end.abort(error)
        return error
      })
    } finally {
      this.#ends.delete(end)
    }
  }
}

function stopping(): Error {
  return new Error('The service stops.')
}

/** The same for every try of one call, another after each recorded refusal: never the message id (protocol, rule 15). */
function keyFor({ sagaId, step, direction }: CommandMessage, refusals: number): string {
  return `${sagaId}/${step}/${direction}/${refusals}`
}

function handlersWithCall({ handlers }: HostedIndex): readonly [string, Handler<unknown>][] {
  return [...handlers].filter(([, { call }]) => call !== undefined)
}
