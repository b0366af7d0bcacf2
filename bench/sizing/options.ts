import { parseArgs } from 'node:util'
import { numberFrom } from '../options.ts'
import type { Wanted } from './calculate.ts'

export interface SizingOptions extends Wanted {
  /** The load at which a saga's cost was measured. */
  readonly inFlight: number
  /** Whether the tables of `docs/sizing.md` are written anew. */
  readonly write: boolean
}

export const usage = `npm run bench -- sizing [options]
  --per-day n       sagas a day (1000000)
  --peak n          how many times the average the busiest minutes have (10)
  --steps n         commands of a saga that goes well (3)
  --days-kept n     how long what is finished is kept (30)
  --utilisation n   share of each core that may be used at the peak (0.5)
  --pool n          connections of one process to its database (10)
  --in-flight n     take what a saga costs with so many under way on two cores (64)
  --write           writes the tables of docs/sizing.md anew, with the defaults`

/** @throws Error with a sentence for whoever typed the options. */
export function readSizingOptions(args: readonly string[]): SizingOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'per-day': { type: 'string', default: '1000000' },
      peak: { type: 'string', default: '10' },
      steps: { type: 'string', default: '3' },
      'days-kept': { type: 'string', default: '30' },
      utilisation: { type: 'string', default: '0.5' },
      pool: { type: 'string', default: '10' },
      'in-flight': { type: 'string', default: '64' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) throw new Error('Calculates what a load needs from what the benchmark measured last.')
  return {
    sagasPerDay: numberFrom('per-day', values['per-day'], 1, 10_000_000_000),
    peak: numberFrom('peak', values.peak, 1, 10_000),
    steps: numberFrom('steps', values.steps, 1, 200),
    daysKept: numberFrom('days-kept', values['days-kept'], 0, 3_650),
    utilisation: numberFrom('utilisation', values.utilisation, 0.01, 1),
    poolSize: numberFrom('pool', values.pool, 2, 1_000),
    inFlight: numberFrom('in-flight', values['in-flight'], 1, 4096),
    write: values.write,
  }
}
