import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { cpus } from 'node:os'

/** CPU and memory of whole process trees, read from `/proc`. */
export interface Meter {
  /** Seconds of user and system time since the trees began, ended and reaped children included. */
  cpuSeconds(): number
  /** The same for each process of the trees that lives, by its id; what its children did is theirs. */
  cpuSecondsEach(): ReadonlyMap<number, number>
  /** Every process that now belongs to the trees. */
  pids(): readonly number[]
}

export function meterOf(roots: readonly number[]): Meter {
  return {
    cpuSeconds: () => treesOf(roots).reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond,
    cpuSecondsEach: () => new Map(treesOf(roots).map(({ pid, ownTicks }) => [pid, ownTicks / ticksPerSecond])),
    pids: () => treesOf(roots).map(({ pid }) => pid),
  }
}

/** The process that listens on a port of this machine. */
export function listenerOn(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap(file => readFileSync(file, 'utf8').split('\n').slice(1))
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[1]?.endsWith(`:${hex}`) && fields[3] === listening)
    .map(fields => `socket:[${fields[9]}]`)
  const found = processes().find(({ pid }) => socketsOf(pid).some(socket => inodes.includes(socket)))
  if (!found) throw new Error(`no process listens on port ${port}`)
  return found.pid
}

/**
 * The most memory that processes ever had, in MB: the sum of their high-water marks. Right for processes that share
 * little; PostgreSQL's share their buffers, so for them `sharedMemoryMb` is.
 */
export function peakMemoryMb(pids: readonly number[]): number {
  return sumOverLines(pids, 'status', /^VmHWM:\s+(\d+) kB/m)
}

/** The memory of processes that share some, each page counted once, as it is now, in MB. */
export function sharedMemoryMb(pids: readonly number[]): number {
  return sumOverLines(pids, 'smaps_rollup', /^Pss:\s+(\d+) kB/m)
}

/** The time of all cores together, in seconds. */
export interface MachineTime {
  readonly busy: number
  readonly steal: number
  readonly all: number
}

export function machineTime(): MachineTime {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0]!
  const [user, nice, system, idle, iowait, irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number) as number[]
  const busy = user! + nice! + system! + irq! + softirq!
  return {
    busy: busy / ticksPerSecond,
    steal: steal! / ticksPerSecond,
    all: (busy + idle! + iowait! + steal!) / ticksPerSecond,
  }
}

export const cores: number = cpus().length

const ticksPerSecond = 100
const listening = '0A'

interface Process {
  readonly pid: number
  readonly parent: number
  /** Its own, and those of children that it has reaped. */
  readonly ticks: number
  readonly ownTicks: number
}

function treesOf(roots: readonly number[]): readonly Process[] {
  const all = processes()
  const children = groupedByParent(all)
  const within = (pid: number): Process[] => (children.get(pid) ?? []).flatMap(child => [child, ...within(child.pid)])
  return all.filter(({ pid }) => roots.includes(pid)).flatMap(root => [root, ...within(root.pid)])
}

function groupedByParent(all: readonly Process[]): Map<number, Process[]> {
  const groups = new Map<number, Process[]>()
  for (const process of all) groups.set(process.parent, [...(groups.get(process.parent) ?? []), process])
  return groups
}

function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      const stat = read(`/proc/${name}/stat`)
      if (stat === undefined) return []
      // The name of the program stands in parentheses and may hold anything.
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      const [user, system, reapedUser, reapedSystem] = fields.slice(11, 15) as [number, number, number, number]
      const ownTicks = user + system
      return [{ pid: Number(name), parent: fields[1]!, ticks: ownTicks + reapedUser + reapedSystem, ownTicks }]
    })
}

function socketsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map(fd => link(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function sumOverLines(pids: readonly number[], file: string, line: RegExp): number {
  const kilobytes = pids.map(pid => Number(read(`/proc/${pid}/${file}`)?.match(line)?.[1] ?? 0))
  return kilobytes.reduce((sum, kb) => sum + kb, 0) / 1024
}

/** Undefined for a process that has ended meanwhile. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
