import type { Figure } from '../measure-set-up.ts'

export const rowHeads = [
  'round',
  'set-up'.padEnd(25),
  'in flight',
  'sagas/s',
  ' p50 ms',
  ' p95 ms',
  ' p99 ms',
  'CPU s/1000',
  '(DB, broker)'.padStart(12),
  'MB (+DB, broker)'.padStart(16),
  'steal',
  'others',
].join('  ')

/** A line for the terminal. */
export function rowOf({ setUp, round, inFlight, latencyMs, cpuPer1000, memoryMb, ...figure }: Figure): string {
  const row = [
    String(round).padStart(5),
    setUp.padEnd(25),
    String(inFlight).padStart(9),
    figure.sagasPerSecond.toFixed(0).padStart(7),
    ...[latencyMs.p50, latencyMs.p95, latencyMs.p99].map(ms => ms.toFixed(1).padStart(7)),
    cpuPer1000.all.toFixed(2).padStart(10),
    `(${cpuPer1000.database.toFixed(2)}, ${cpuPer1000.broker.toFixed(2)})`.padStart(12),
    `${memoryMb.processes.toFixed(0)} (+${memoryMb.database.toFixed(0)}, ${memoryMb.broker.toFixed(0)})`.padStart(16),
    `${figure.stealPercent.toFixed(0)} %`.padStart(5),
    figure.foreignCores.toFixed(2).padStart(6),
  ].join('  ')
  return figure.fault === undefined ? row : `${row}  DOES NOT COUNT: ${figure.fault}`
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
