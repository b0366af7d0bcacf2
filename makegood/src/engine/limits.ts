import { MakegoodError } from '../model/errors.ts'
import type { LimitOptions } from './options.ts'

export type Limits = Required<LimitOptions>

const dayMs = 24 * 3_600_000

/** Every limit: its default, and the range that it may be set to. */
const table: { readonly [Name in keyof Limits]: readonly [byDefault: number, from: number, to: number] } = {
  batchSize: [50, 1, 60],
  prefetch: [200, 1, 2_000],
  payloadBytesMax: [262_144, 1_024, 16_777_216],
  unconfirmedMax: [1_000, 1, 100_000],
  inboxMs: [30 * dayMs, 60_000, 3_650 * dayMs],
  sagasMs: [90 * dayMs, 60_000, 3_650 * dayMs],
  outboxLeaseMs: [5_000, 100, 600_000],
  idleMs: [1_000, 10, 60_000],
  drainMs: [8_000, 0, 600_000],
}

/** Resolves the limits once, at start. @throws MakegoodError `OPTION_INVALID`, naming the limit and its range. */
export function resolveLimits(options: LimitOptions = {}): Limits {
  const names = Object.keys(table) as (keyof Limits)[]
  return Object.fromEntries(names.map(name => [name, resolve(name, options[name])])) as unknown as Limits
}

function resolve(name: keyof Limits, value: number | undefined): number {
  const [byDefault, from, to] = table[name]
  if (value === undefined) return byDefault
  if (Number.isInteger(value) && value >= from && value <= to) return value
  throw new MakegoodError(
    'OPTION_INVALID',
    `The limit ${name} is ${value}; it may be a whole number from ${from} to ${to}.`,
  )
}
