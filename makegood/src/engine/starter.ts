import type { Saga } from '../definition/saga.ts'
import type { StartOptions } from '../definition/transaction.ts'
import type { Engine } from './engine.ts'
import type { SagaStart } from './orchestration.ts'
import { sagaStartFor } from './saga-starts.ts'

/** Starts sagas that nothing else is written with: while a transaction is under way, the next ones gather for another. */
export class Starter {
  readonly #engine: Engine
  readonly #startAll: (starts: readonly SagaStart[]) => Promise<readonly Started[]>
  #gathered: Waiting[] = []
  #isRunning = false

  constructor(engine: Engine, startAll: (starts: readonly SagaStart[]) => Promise<readonly Started[]>) {
    this.#engine = engine
    this.#startAll = startAll
  }

  async start(definition: Saga, data: unknown, { key, headers = {} }: StartOptions): Promise<Started> {
    const originOf = (correlationId: string) => ({ correlationId, causationId: undefined, headers })
    const start = await sagaStartFor(this.#engine, { definition, data, key }, originOf)
    return new Promise((resolve, reject) => {
      this.#gathered.push({ start, resolve, reject })
      if (!this.#isRunning) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#gathered.length > 0) {
      const waiting = oneOfEachKey(this.#gathered.slice(0, this.#engine.limits.batchSize))
      this.#gathered = this.#gathered.filter(each => !waiting.includes(each))
      await this.#startTogether(waiting)
    }
    this.#isRunning = false
  }

  /** One that cannot be written does not keep the others from it. */
  async #startTogether(waiting: readonly Waiting[]): Promise<void> {
    try {
      const started = await this.#startAll(waiting.map(({ start }) => start))
      for (const [at, { resolve }] of waiting.entries()) resolve(started[at]!)
    } catch (error) {
      if (waiting.length === 1 || this.#engine.store.classify(error) === 'unavailable') {
        for (const { reject } of waiting) reject(error)
      } else {
        for (const each of waiting) await this.#startTogether([each])
      }
    }
  }
}

export interface Started {
  readonly sagaId: string
  readonly isNew: boolean
}

interface Waiting {
  readonly start: SagaStart
  readonly resolve: (started: Started) => void
  readonly reject: (error: unknown) => void
}

/** The first of each definition and key; the others find it there with the next transaction. */
function oneOfEachKey(waiting: readonly Waiting[]): readonly Waiting[] {
  const seen = new Set<string>()
  return waiting.filter(({ start: { definition, key } }) => {
    const name = `${definition.name}/${key}`
    const isFirst = !seen.has(name)
    seen.add(name)
    return isFirst
  })
}
