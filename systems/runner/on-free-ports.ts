import { openAccess } from 'makegood/operations'
import { freePortOffset } from './free-ports.ts'
import { quiet } from './quiet.ts'
import type { RunOptions } from './running-system.ts'
import { portsOf, type System } from './system.ts'

/** How a system runs beside others, for a test or to be shown: on free ports of this machine, and without a log. */
export async function onFreePorts(system: System): Promise<Omit<RunOptions, 'ground'>> {
  const offset = await freePortOffset(portsOf(system))
  return {
    log: quiet,
    host: '127.0.0.1',
    operations: openAccess(),
    portOf: ({ port }) => port + offset,
    signal: new AbortController().signal,
  }
}
