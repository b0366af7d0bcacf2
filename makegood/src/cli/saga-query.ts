import { type Command, InvalidArgumentError, Option } from 'commander'
import type { SagaQuery, SagaStatus } from '../operations/contract.ts'
import { wholeNumber } from './flag-values.ts'

/** Which sagas are meant: all of these hold. */
export type SagaFilterFlags = Omit<SagaQuery, 'limit' | 'after' | 'order'>

const statuses: readonly SagaStatus[] = ['running', 'compensating', 'stuck', 'completed', 'compensated', 'abandoned']

export function sagaFilterOptions(
  command: Command,
  now: () => number,
  step: Option = new Option('--step <name>', 'only those in which this step is open'),
): Command {
  const time = timeBefore(now)
  return command
    .addOption(new Option('--status <status>', 'only those that are so').choices(statuses))
    .option('--definition <name>', 'only of this definition')
    .option('--version <number>', 'only of this version of it', wholeNumber(1, 2 ** 31 - 1))
    .addOption(step)
    .option('--failure <code>', 'only those that are stuck, or were compensated, for this')
    .option('--key <key>', 'only with this business key; with * at the end, those that begin so')
    .option('--text <text>', 'only those with this anywhere in their data')
    .option('--started-after <time>', 'only those begun after: 2026-01-31T09:00Z, or 30min, 2h, 7d ago', time)
    .option('--started-before <time>', 'only those begun before', time)
}

/** What the flags have beside the filter is left out. */
export function sagaFilterOf(flags: SagaFilterFlags): SagaFilterFlags {
  return Object.fromEntries(filters.flatMap(name => (flags[name] === undefined ? [] : [[name, flags[name]]])))
}

const filters = [
  ...(['service', 'status', 'definition', 'version', 'step', 'failure', 'key', 'text'] as const),
  ...(['startedAfter', 'startedBefore'] as const),
]

/** What a person says for a time. */
export function timeBefore(now: () => number): (text: string) => string {
  return text => {
    const [, count, unit] = /^(\d+)(s|min|h|d)$/.exec(text) ?? []
    const at = unit === undefined ? Date.parse(text) : now() - Number(count) * lengths[unit]!
    if (Number.isNaN(at) || Math.abs(at) > 8.64e15) {
      throw new InvalidArgumentError('It is a time like 2026-01-31T09:00Z, or how long ago like 30min, 2h, 7d.')
    }
    return new Date(at).toISOString()
  }
}

const lengths: { readonly [unit: string]: number } = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }
