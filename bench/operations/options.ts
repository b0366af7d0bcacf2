import { parseArgs } from 'node:util'
import { numberFrom } from '../options.ts'

export interface OperationsOptions {
  readonly finished: number
  readonly running: number
  /** How often each question is asked. */
  readonly times: number
  /** Of each comparison of speed. */
  readonly rounds: number
  /** Of each window. */
  readonly seconds: number
  readonly write: boolean
}

export const usage = `npm run bench -- operations [options]
  --finished n      sagas that have ended (1000000)
  --running n       sagas that have not (10000)
  --times n         how often each question is asked (200)
  --rounds n        pairs of windows, watched and not, for each who watches (7)
  --seconds n       length of each window (5)
  --dry             leaves bench/results and bench/RESULTS.md as they are`

/** @throws Error with a sentence for whoever typed the options. */
export function readOperationsOptions(args: readonly string[]): OperationsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      finished: { type: 'string', default: '1000000' },
      running: { type: 'string', default: '10000' },
      times: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '5' },
      dry: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) throw new Error('Measures what operators ask of a store with many sagas.')
  return {
    finished: numberFrom('finished', values.finished, 1_000, 100_000_000),
    running: numberFrom('running', values.running, 100, 10_000_000),
    times: numberFrom('times', values.times, 1, 100_000),
    rounds: numberFrom('rounds', values.rounds, 0, 100),
    seconds: numberFrom('seconds', values.seconds, 0.1, 600),
    write: !values.dry,
  }
}
