import Fastify from 'fastify'
import { type Choreography, type Event, handlersFor, type Queue, service, track, type Wire } from 'makegood'
import { frameworkErrors, makegoodFastify } from 'makegood/fastify'
import { operationsRoutes } from 'makegood/operations'
import type { Surroundings, SystemService } from './system.ts'

export const tracker = 'tracker'

/** The tracker's own wire: a system's, and a queue beside it to which every event comes. */
export function trackedWire(wire: Wire, queue: Omit<Queue, 'service'>): Wire {
  const own: Queue = { ...queue, service: tracker }
  return {
    ...wire,
    topology: { ...wire.topology, queues: [...wire.topology.queues, own] },
    queueOf: name => (name === tracker ? own : wire.queueOf(name)),
  }
}

/**
 * The wire of those that are followed. The tracker's queue is declared only by the tracker and by who runs in one process
 * with it, to be there before the first event: nothing is kept for a tracker that never runs.
 */
export function followedWire(wire: Wire, trackers: Wire, { together }: Pick<Surroundings, 'together'>): Wire {
  return together ? { ...wire, topology: trackers.topology } : wire
}

const { on } = handlersFor<unknown>()

/** Follows the orders of a system without an orchestrator, and shows them under `/operations/sagas`. */
export function trackerService({ choreography, aside = [], wire, port, database }: TrackerOptions): SystemService {
  return {
    name: tracker,
    port,
    database,
    tables: [],
    async assemble({ store, transport, log, telemetry, registry, operations }: Surroundings) {
      const hosts = [track(choreography), ...aside.map(event => on(event, nothing))]
      const services = [service(tracker, { store, transport, wire, log, telemetry, hosts })]
      const app = Fastify({ frameworkErrors })
      await app.register(makegoodFastify, { services, registry, title: 'Tracker', version: '1.0.0' })
      if (operations) await app.register(operationsRoutes, { services, access: operations })
      return { services, app }
    },
  }
}

export interface TrackerOptions {
  readonly choreography: Choreography
  /** Events that come to its queue and that nothing follows from. */
  readonly aside?: readonly Event[]
  /** With the tracker's queue, to which every event of the choreography comes. */
  readonly wire: Wire
  readonly port: number
  readonly database: string
}

async function nothing(): Promise<void> {}
