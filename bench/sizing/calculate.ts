import type { Summary } from '../report/summary.ts'

/** What is to be carried, and how fully servers may be used while they carry it. */
export interface Wanted {
  readonly sagasPerDay: number
  /** How many times the day's average the busiest minutes have. */
  readonly peak: number
  /** Commands of a saga that nothing goes wrong with; those that were measured have three. */
  readonly steps: number
  /** How long finished sagas and handled messages are kept. */
  readonly daysKept: number
  /** The share of each core that is used at the peak; the rest is for what goes wrong. */
  readonly utilisation: number
  /** Connections of the pool of one process. */
  readonly poolSize: number
}

/** What one saga cost where it was measured. */
export type Cost = Pick<Summary, 'setUp' | 'cpuPer1000' | 'processes' | 'bytesPerSaga'>

/** Cores are used ones, with room as wanted, and not rounded; processes are whole. */
export interface Need {
  readonly setUp: string
  readonly sagasPerSecond: number
  readonly serviceCores: number
  /** Of the service that has most to do, which is the one that orchestrates. */
  readonly busiestProcesses: number
  /** Of each of the others. */
  readonly otherProcesses: number
  readonly processes: number
  readonly connections: number
  readonly databaseCores: number
  readonly brokerCores: number
  /** Commands and replies. */
  readonly messagesPerSecond: number
  readonly logMbPerSecond: number | undefined
  readonly tablesGb: number | undefined
}

const measuredSteps = 3

/**
 * What it takes, by proportion: a saga of six steps costs twice what one of three was measured to cost, and twice as
 * many sagas a second twice as much. Both are on the safe side, because what is handled together is cheaper.
 */
export function needOf(cost: Cost, wanted: Wanted): Need {
  const { sagasPerDay, peak, steps, daysKept, utilisation, poolSize } = wanted
  const sagasPerSecond = (sagasPerDay / secondsPerDay) * peak
  const longer = steps / measuredSteps
  const cores = (cpuPer1000: number) => ((cpuPer1000 / 1_000) * sagasPerSecond * longer) / utilisation
  const { all, database, broker, busiest } = cost.cpuPer1000
  const services = all - database - broker
  const others = cost.processes - 1
  const busiestProcesses = Math.ceil(cores(busiest))
  const otherProcesses = others === 0 ? 0 : Math.ceil(cores((services - busiest) / others))
  const processes = busiestProcesses + others * otherProcesses
  return {
    setUp: cost.setUp,
    sagasPerSecond,
    serviceCores: cores(services),
    busiestProcesses,
    otherProcesses,
    processes,
    connections: processes * poolSize,
    databaseCores: cores(database),
    brokerCores: cores(broker),
    messagesPerSecond: sagasPerSecond * steps * 2,
    logMbPerSecond: cost.bytesPerSaga && (cost.bytesPerSaga.log * longer * sagasPerSecond) / 1e6,
    tablesGb: cost.bytesPerSaga && (cost.bytesPerSaga.tables * longer * sagasPerDay * daysKept) / 1e9,
  }
}

/** Sagas a second at which something is full that only a further one of its kind can help: where the next split is due. */
export interface Fullness {
  readonly setUp: string
  /** One process of the busiest service, which has one thread. */
  readonly oneProcess: number
  /** One database server of so many cores, for all services. */
  readonly databaseOf: (cores: number) => number
}

export function fullnessOf(cost: Cost, { steps, utilisation }: Pick<Wanted, 'steps' | 'utilisation'>): Fullness {
  const rate = (cores: number, cpuPer1000: number) =>
    (cores * utilisation * 1_000 * measuredSteps) / (cpuPer1000 * steps)
  return {
    setUp: cost.setUp,
    oneProcess: rate(1, cost.cpuPer1000.busiest),
    databaseOf: cores => rate(cores, cost.cpuPer1000.database),
  }
}

const secondsPerDay = 86_400
