import { parseArgs } from 'node:util'
import type { SetUp } from './set-up.ts'
import { setUps } from './set-ups.ts'

export interface RunOptions {
  readonly setUps: readonly SetUp[]
  readonly rounds: number
  /** Of the measured window of each load. */
  readonly seconds: number
  /** Before the window. */
  readonly warmUpSeconds: number
  readonly inFlight: readonly number[]
  /** No load starts more orders than this. */
  readonly ordersMax: number
  /** Whether the functions that take the time are shown. */
  readonly profile: boolean
  /** What is written: nothing, every figure to `bench/results`, or with them `bench/RESULTS.md`. */
  readonly write: 'nothing' | 'figures' | 'page'
}

export const usage = `npm run bench -- [options]
  --only a,b        these set-ups: ${setUps.map(({ name }) => name).join(', ')}
  --rounds n        how often each set-up is run, in turn with the others (5)
  --seconds n       length of each measured window (5)
  --warm-up n       seconds of load before the window (2)
  --in-flight a,b   orders under way at a time (1,16,64,256)
  --orders-max n    no load starts more orders than this (50000)
  --profile name    one round of one set-up with CPU profiles; shows where the time goes
  --dry             leaves bench/results and bench/RESULTS.md as they are, as --only does
  --keep            with --only: writes the figures to bench/results, for npm run bench -- sizing

npm run bench -- operations --help     what operators ask of a store with a million sagas
npm run bench -- sizing --help         what a load needs, calculated from what was measured last`

/** @throws Error with a sentence for whoever typed the options. */
export function readOptions(args: readonly string[]): RunOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string', default: '5' },
      'warm-up': { type: 'string', default: '2' },
      'in-flight': { type: 'string' },
      'orders-max': { type: 'string', default: '50000' },
      profile: { type: 'string' },
      dry: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) throw new Error('Measures the order saga on makegood and on others.')
  const profile = values.profile !== undefined
  const names = (values.profile ?? values.only)?.split(',')
  return {
    setUps: names === undefined ? setUps : names.map(named),
    rounds: numberFrom('rounds', values.rounds ?? (profile ? '1' : '5'), 1, 100),
    seconds: numberFrom('seconds', values.seconds, 0.1, 600),
    warmUpSeconds: numberFrom('warm-up', values['warm-up'], 0, 600),
    inFlight: (values['in-flight'] ?? (profile ? '64' : '1,16,64,256'))
      .split(',')
      .map(number => numberFrom('in-flight', number, 1, 4096)),
    ordersMax: numberFrom('orders-max', values['orders-max'], 1, 10_000_000),
    profile,
    write: values.dry || profile ? 'nothing' : names === undefined ? 'page' : values.keep ? 'figures' : 'nothing',
  }
}

function named(name: string): SetUp {
  const found = setUps.find(setUp => setUp.name === name)
  if (!found) throw new Error(`There is no set-up "${name}"; there are: ${setUps.map(({ name }) => name).join(', ')}.`)
  return found
}

export function numberFrom(option: string, text: string, min: number, max: number): number {
  const number = Number(text)
  if (!(number >= min && number <= max)) throw new Error(`--${option} must be from ${min} to ${max}, not "${text}".`)
  return number
}

/** What is on the command line; a mistake there ends the process, with how it is used. */
export function optionsOrEnd<Options>(read: (args: readonly string[]) => Options, usage: string): Options {
  try {
    return read(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
