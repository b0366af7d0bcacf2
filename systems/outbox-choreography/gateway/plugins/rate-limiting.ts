import Type from 'typebox'
import { GatewayFailure } from '../failure.ts'
import type { Plugin } from '../plugin.ts'

const Max = Type.Optional(Type.Integer({ minimum: 1 }))

const Config = Type.Object(
  {
    second: Max,
    minute: Max,
    hour: Max,
    limit_by: Type.Optional(Type.Literal('ip')),
    policy: Type.Literal('local'),
  },
  { additionalProperties: false, anyOf: [{ required: ['minute'] }, { required: ['second'] }, { required: ['hour'] }] },
)

/** So many requests from each address in each second, minute or hour of the clock, counted in this process. */
export const rateLimiting: Plugin<typeof Config> = {
  name: 'rate-limiting',
  config: Config,
  apply(app, config) {
    const windows = periods.flatMap(({ name, ms }) => {
      const max = config[name]
      return max === undefined ? [] : [new Window(name, ms, max)]
    })
    app.addHook('onRequest', async ({ ip }, reply) => {
      const now = Date.now()
      const exceeded = windows.some(window => window.remaining(ip, now) === 0)
      if (!exceeded) for (const window of windows) window.count(ip)
      for (const window of windows) {
        reply.header(`x-ratelimit-limit-${window.name}`, window.max)
        reply.header(`x-ratelimit-remaining-${window.name}`, window.remaining(ip, now))
      }
      const tightest = windows.reduce((a, b) => (b.remaining(ip, now) < a.remaining(ip, now) ? b : a))
      const reset = tightest.secondsLeft(now)
      reply.headers({
        'ratelimit-limit': tightest.max,
        'ratelimit-remaining': tightest.remaining(ip, now),
        'ratelimit-reset': reset,
      })
      if (!exceeded) return
      reply.header('retry-after', reset)
      throw new GatewayFailure(429, 'API rate limit exceeded')
    })
  },
}

const periods = [
  { name: 'second', ms: 1_000 },
  { name: 'minute', ms: 60_000 },
  { name: 'hour', ms: 3_600_000 },
] as const

/** Counts what comes from each address between two strokes of the clock, and forgets it at the next. */
class Window {
  readonly name: string
  readonly max: number
  readonly #ms: number
  readonly #counts = new Map<string, number>()
  #current = 0

  constructor(name: string, ms: number, max: number) {
    this.name = name
    this.max = max
    this.#ms = ms
  }

  remaining(address: string, now: number): number {
    const current = Math.floor(now / this.#ms)
    if (current !== this.#current) this.#counts.clear()
    this.#current = current
    return this.max - (this.#counts.get(address) ?? 0)
  }

  count(address: string): void {
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1)
  }

  secondsLeft(now: number): number {
    return Math.ceil((this.#ms - (now % this.#ms)) / 1_000)
  }
}
