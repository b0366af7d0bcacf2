import type { FastifyInstance } from 'fastify'
import type { Log, PgClient, Service } from 'makegood'
import type { Access } from 'makegood/operations'
import { gauges, type MeasuredService } from 'makegood/telemetry'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { Trouble } from './environment.ts'
import type { Ground } from './ground.ts'
import { RunningService, type Shared } from './running-service.ts'
import type { System, SystemGateway, SystemService } from './system.ts'

/** Services of a system that run in this process. */
export interface RunningSystem {
  urlOf(service: string): string
  service(name: string): Service<string, PgClient>
  /** Those that have a database, in the system's order: each may be ended and started again by itself. */
  readonly services: readonly RunningService[]
  /** Takes no more requests and messages, finishes what is under way, lets go of everything. */
  stop(): Promise<void>
}

export interface RunOptions {
  readonly ground: Ground
  /** Which of its services; all of them by default. */
  readonly services?: readonly string[]
  readonly log: Log
  readonly host: string
  /** Who may ask for what operators see, beside each service's own routes; undefined if nobody may. */
  readonly operations: Access | undefined
  /** Where to listen for what has this documented port. */
  readonly portOf: (documented: { readonly port: number }) => number
  /** Gives up what is still waiting for a server. */
  readonly signal: AbortSignal
}

/**
 * Starts services; resolves when all of them take requests and messages. They listen before anything else happens: a
 * port that is taken is found before data is touched, and health can be asked while a database is waited for.
 */
export async function runSystem(system: System, options: RunOptions): Promise<RunningSystem> {
  const { ground, portOf, signal, log, operations } = options
  const urlOf = (name: string) => `http://localhost:${portOf(serviceNamed(system, name))}`
  const chosen = options.services?.map(name => serviceNamed(system, name)) ?? system.services
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const together = chosen.length === system.services.length
  const shared: Shared = { ground, log, urlOf, registry, operations, together, signal }
  const services: RunningService[] = []
  const gateways: FastifyInstance[] = []
  const stop = async () => {
    await Promise.all(gateways.map(app => app.close()))
    await Promise.all(services.map(service => service.stop()))
    await ground.close()
  }
  try {
    const listeners: Listener[] = []
    for (const spec of chosen) {
      if ('adminPort' in spec) {
        const { proxy, admin } = spec.serve(shared)
        gateways.push(proxy, admin)
        listeners.push(
          { ...spec, listen: address => proxy.listen(address) },
          { ...spec, port: spec.adminPort, listen: address => admin.listen(address) },
        )
      } else {
        const service = await RunningService.wired(spec, shared)
        services.push(service)
        listeners.push({ ...spec, listen: address => service.door.open(address) })
      }
    }
    gauges({ registry, services: services.flatMap(measured) })
    for (const listener of listeners) await listen(listener, options)
    await unlessAborted(Promise.all(services.map(service => service.begin())), signal)
  } catch (error) {
    await stop()
    throw error
  }
  const hosting = (name: string) => services.flatMap(({ services }) => services).find(service => service.name === name)!
  return { urlOf, service: hosting, services, stop }
}

/** @throws Trouble, listing what there is. */
export function serviceNamed(system: System, name: string): SystemService | SystemGateway {
  const spec = system.services.find(service => service.name === name || service.name === `${name}-service`)
  if (spec !== undefined) return spec
  const known = system.services.map(service => service.name).join(', ')
  throw new Trouble(`${system.name} has no service ${name}; there are ${known}.`)
}

/** What is measured is whatever runs under the service's name at the time. The database of one that is ended is closed. */
function measured(running: RunningService): MeasuredService[] {
  return running.services.map(({ name }, at) => ({
    name,
    get queries() {
      if (!running.isOn) throw new Trouble(`${name} is stopped at present.`)
      return running.services[at]!.queries
    },
    get broker() {
      return running.services[at]!.broker
    },
    waiting: () => running.services[at]!.waiting(),
  }))
}

interface Listener {
  readonly name: string
  readonly port: number
  readonly listen: (address: { readonly host: string; readonly port: number }) => Promise<unknown>
}

async function listen(listener: Listener, { host, portOf }: RunOptions): Promise<void> {
  const { name } = listener
  const port = portOf(listener)
  try {
    await listener.listen({ host, port })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'EADDRINUSE') {
      throw new Trouble(
        `Port ${port} of ${name} is in use: stop what listens there, or shift all ports with --port-offset 100.`,
      )
    }
    throw new Trouble(`${name} cannot listen on ${host}:${port}: ${error.message}`)
  }
}

/** Rejects as soon as the signal aborts. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
  })
  await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort))
}
