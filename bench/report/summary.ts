import type { Figure } from '../measure-set-up.ts'
import { median } from './figures.ts'

/** The medians of all rounds of one set-up at one load. */
export interface Summary {
  readonly setUp: string
  readonly inFlight: number
  readonly rounds: number
  /** Rounds that do not count, because books did not balance or orders did not end. */
  readonly faults: readonly string[]
  readonly sagasPerSecond: number
  readonly slowest: number
  readonly fastest: number
  readonly latencyMs: Figure['latencyMs']
  readonly cpuPer1000: Figure['cpuPer1000']
  readonly processes: Figure['processes']
  readonly bytesPerSaga: Figure['bytesPerSaga']
  readonly memoryMb: Figure['memoryMb']
  readonly stealPercent: number
  readonly foreignCores: number
}

export function summarise(figures: readonly Figure[]): readonly Summary[] {
  const loads = new Map<string, Figure[]>()
  for (const figure of figures) {
    const load = `${figure.setUp}/${figure.inFlight}`
    loads.set(load, [...(loads.get(load) ?? []), figure])
  }
  return [...loads.values()].map(summariseLoad)
}

function summariseLoad(all: readonly Figure[]): Summary {
  const counted = all.filter(({ fault }) => fault === undefined)
  const middle = (pick: (figure: Figure) => number) => (counted.length === 0 ? Number.NaN : median(counted.map(pick)))
  const rates = counted.map(({ sagasPerSecond }) => sagasPerSecond)
  return {
    setUp: all[0]!.setUp,
    inFlight: all[0]!.inFlight,
    rounds: counted.length,
    faults: all.flatMap(({ fault }) => fault ?? []),
    sagasPerSecond: middle(figure => figure.sagasPerSecond),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    latencyMs: {
      p50: middle(({ latencyMs }) => latencyMs.p50),
      p95: middle(({ latencyMs }) => latencyMs.p95),
      p99: middle(({ latencyMs }) => latencyMs.p99),
    },
    cpuPer1000: {
      all: middle(({ cpuPer1000 }) => cpuPer1000.all),
      database: middle(({ cpuPer1000 }) => cpuPer1000.database),
      broker: middle(({ cpuPer1000 }) => cpuPer1000.broker),
      busiest: middle(({ cpuPer1000 }) => cpuPer1000.busiest),
    },
    processes: middle(({ processes }) => processes),
    bytesPerSaga: counted.some(({ bytesPerSaga }) => bytesPerSaga)
      ? {
          tables: middle(({ bytesPerSaga }) => bytesPerSaga!.tables),
          log: middle(({ bytesPerSaga }) => bytesPerSaga!.log),
        }
      : undefined,
    memoryMb: {
      processes: middle(({ memoryMb }) => memoryMb.processes),
      database: middle(({ memoryMb }) => memoryMb.database),
      broker: middle(({ memoryMb }) => memoryMb.broker),
    },
    stealPercent: middle(figure => figure.stealPercent),
    foreignCores: middle(figure => figure.foreignCores),
  }
}
