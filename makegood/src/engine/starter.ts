import type { Saga } from '../definition/saga.ts'
import type { StartOptions } from '../definition/transaction.ts'
import type { Engine } from './engine.ts'
import { gathering } from './gathering.ts'
import type { SagaStart } from './orchestration.ts'
import { sagaStartFor } from './saga-starts.ts'

export interface Started {
  readonly sagaId: string
  readonly isNew: boolean
}

export type Starter = (definition: Saga, data: unknown, options: StartOptions) => Promise<Started>

/** Starts sagas that nothing else is written with: those of the same time share a transaction. */
export function starter(
  engine: Engine,
  startAll: (starts: readonly SagaStart[]) => Promise<readonly Started[]>,
): Starter {
  /** One that cannot be written does not keep the others from it. */
  async function startTogether(starts: readonly SagaStart[]): Promise<readonly PromiseSettledResult<Started>[]> {
    try {
      return (await startAll(starts)).map(value => ({ status: 'fulfilled', value }))
    } catch (reason) {
      if (starts.length === 1 || engine.store.classify(reason) === 'unavailable')
        return starts.map(() => ({ status: 'rejected', reason }))
      const apart: PromiseSettledResult<Started>[] = []
      for (const start of starts) apart.push(...(await startTogether([start])))
      return apart
    }
  }

  const start = gathering(engine.limits.batchSize, startTogether)
  return async (definition, data, { key, headers = {} }) => {
    const originOf = (correlationId: string) => ({ correlationId, causationId: undefined, headers })
    return start(await sagaStartFor(engine, { definition, data, key }, originOf))
  }
}
