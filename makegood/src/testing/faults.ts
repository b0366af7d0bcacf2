import type { Store } from '../ports/store.ts'
import type { Transport } from '../ports/transport.ts'
import type { Wire } from '../ports/wire.ts'
import type { FaultPlan } from './fault-plan.ts'
import { FaultyProcess } from './faulty-process.ts'
import { faultyStore } from './faulty-store.ts'
import { faultyTransport } from './faulty-transport.ts'

/**
 * Wraps what a service is made of, so that the faults of a plan happen to it. Everything that is made of one result is
 * one process and dies together; wrap anew for each service that is to die alone, and for each that takes the place of
 * a dead one.
 */
export function faulty<Db>(parts: ProcessParts<Db>, plan: FaultPlan): ProcessParts<Db> {
  const { store, transport, wire } = parts
  const process = new FaultyProcess(wire, plan)
  return { store: faultyStore(store, process), transport: faultyTransport(transport, process), wire }
}

export interface ProcessParts<Db> {
  readonly store: Store<Db>
  readonly transport: Transport
  readonly wire: Wire
}
