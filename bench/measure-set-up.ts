import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startChild } from './child.ts'
import { type Client, clientIn } from './client-process.ts'
import { type Meter, machineTime, meterOf, peakMemoryMb, sharedMemoryMb } from './measure/processes.ts'
import { type ProfiledProcess, profileDuring } from './measure/profiling.ts'
import type { RunOptions } from './options.ts'
import type { Prepared, Servers } from './servers.ts'
import type { Environment, SetUp } from './set-up.ts'
import { faultIn } from './shop/books.ts'

/** One load on one set-up in one round. */
export interface Figure {
  readonly setUp: string
  readonly round: number
  readonly inFlight: number
  readonly sagasPerSecond: number
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number }
  /**
   * Seconds of CPU for a thousand sagas: of all processes, of the set-up's database server and broker among them, and of
   * the one process of client and services that had most to do.
   */
  readonly cpuPer1000: {
    readonly all: number
    readonly database: number
    readonly broker: number
    readonly busiest: number
  }
  /** How many processes client and services are. */
  readonly processes: number
  /** By how much a saga made the tables and the log of its database server grow; undefined without a server. */
  readonly bytesPerSaga: { readonly tables: number; readonly log: number } | undefined
  readonly memoryMb: { readonly processes: number; readonly database: number; readonly broker: number }
  /** The share of the machine's time that its hypervisor gave to others, in percent. */
  readonly stealPercent: number
  /** How many cores worked for processes that do not belong to the set-up. */
  readonly foreignCores: number
  /** How many sagas ended in the window, and how long it was. */
  readonly ended: number
  readonly seconds: number
  /** Why the figures do not count: books that do not balance, orders that did not end. */
  readonly fault: string | undefined
  readonly profile?: readonly ProfiledProcess[]
}

/** Starts a set-up on empty databases, puts it under each load in turn, counts its books, and ends it. */
export async function* measureSetUp(
  setUp: SetUp,
  round: number,
  servers: Servers,
  options: RunOptions,
): AsyncGenerator<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'makegood-bench-'))
  const { databases, brokerAddress, pids, written, clear } = await servers.prepare(setUp)
  try {
    const environment: Environment = { setUp, databases, brokerAddress, folder }
    const flags = options.profile
      ? [...process.execArgv, '--enable-source-maps', '--import', profiler]
      : process.execArgv
    const child = await startChild(fileURLToPath(new URL('client.ts', import.meta.url)), environment, flags)
    const client = clientIn(child.process)
    const meters = {
      processes: meterOf([child.process.pid!]),
      database: meterOf(pids.database),
      broker: meterOf(pids.broker),
      written,
    }
    let shipped = 0
    try {
      for (const inFlight of setUp.inFlight ?? options.inFlight) {
        const { report, ...measured } = await putUnderLoad(client, meters, `${round}-${inFlight}`, inFlight, options)
        shipped += report.shipped
        const books = await client.count()
        yield {
          ...{ setUp: setUp.name, round, inFlight },
          ...measured,
          fault:
            report.firstError ?? faultIn(books, shipped) ?? (report.ended === 0 ? 'no order ended in time' : undefined),
        }
      }
    } finally {
      await child.stop()
    }
  } finally {
    await clear()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Meters {
  readonly processes: Meter
  readonly database: Meter
  readonly broker: Meter
  readonly written: Prepared['written']
}

async function putUnderLoad(client: Client, meters: Meters, name: string, inFlight: number, options: RunOptions) {
  client.load({ name, inFlight, ordersMax: options.ordersMax })
  const spent = client.spent()
  await Promise.race([pause(options.warmUpSeconds * 1000), spent])
  const before = await reading(meters)
  client.mark()
  const window = () => Promise.race([pause(options.seconds * 1000), spent])
  const profile = options.profile ? await profileDuring(meters.processes.pids(), window) : void (await window())
  const after = await reading(meters)
  const memoryMb = {
    processes: peakMemoryMb(meters.processes.pids()),
    database: sharedMemoryMb(meters.database.pids()),
    broker: peakMemoryMb(meters.broker.pids()),
  }
  const report = await client.stop()

  const seconds = (after.at - before.at) / 1000
  // The client's window and ours differ by the time of a message: each rate is taken over its own window.
  const sagasPerSecond = report.ended / report.seconds
  const [processes, database, broker] = (['processes', 'database', 'broker'] as const).map(
    name => after.cpu[name] - before.cpu[name],
  ) as [number, number, number]
  const all = processes + database + broker
  const busiest = Math.max(...[...after.each].map(([pid, seconds]) => seconds - (before.each.get(pid) ?? 0)))
  const sagas = sagasPerSecond * seconds
  const per1000 = (cpuSeconds: number) => (cpuSeconds / sagas) * 1000
  return {
    report,
    sagasPerSecond,
    latencyMs: report.latencyMs,
    cpuPer1000: {
      all: per1000(all),
      database: per1000(database),
      broker: per1000(broker),
      busiest: per1000(busiest),
    },
    processes: after.each.size,
    bytesPerSaga: before.written &&
      after.written && {
        tables: (after.written.tables - before.written.tables) / sagas,
        log: (after.written.log - before.written.log) / sagas,
      },
    memoryMb,
    stealPercent: (100 * (after.machine.steal - before.machine.steal)) / (after.machine.all - before.machine.all),
    foreignCores: Math.max(0, (after.machine.busy - before.machine.busy - all) / seconds),
    ended: report.ended,
    seconds: report.seconds,
    ...(profile && { profile }),
  }
}

async function reading(meters: Meters) {
  return {
    written: await meters.written(),
    at: performance.now(),
    machine: machineTime(),
    cpu: {
      processes: meters.processes.cpuSeconds(),
      database: meters.database.cpuSeconds(),
      broker: meters.broker.cpuSeconds(),
    },
    each: meters.processes.cpuSecondsEach(),
  }
}

const profiler = new URL('measure/profile.ts', import.meta.url).href
