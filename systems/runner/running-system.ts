import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Log, PgClient, Service } from 'makegood'
import { gauges, telemetry } from 'makegood/telemetry'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { createTables, type Database } from './database.ts'
import { Trouble } from './environment.ts'
import type { Ground } from './ground.ts'
import type { Surroundings, System, SystemGateway, SystemService } from './system.ts'

/** Services of a system that run in this process. */
export interface RunningSystem {
  urlOf(service: string): string
  service(name: string): Service<string, PgClient>
  /** Takes no more requests and messages, finishes what is under way, lets go of everything. */
  stop(): Promise<void>
}

export interface RunOptions {
  readonly ground: Ground
  /** Which of its services; all of them by default. */
  readonly services?: readonly string[]
  readonly log: Log
  readonly host: string
  /** Whether what operators may see is shown beside each service's own routes. @defaultValue true */
  readonly operations?: boolean
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
  const { ground, portOf, services, signal } = options
  const urlOf = (name: string) => `http://localhost:${portOf(serviceNamed(system, name))}`
  const chosen = services === undefined ? system.services : services.map(name => serviceNamed(system, name))
  const parts: Part[] = []
  const listeners: Listener[] = []
  const stop = async () => {
    await Promise.all(listeners.map(({ app }) => app.close()))
    await Promise.all(parts.flatMap(({ services }) => services.map(service => service.stop())))
    await Promise.all(parts.map(({ database }) => database.close()))
    await ground.close()
  }
  try {
    const together = chosen.length === system.services.length
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    for (const spec of chosen) {
      if ('adminPort' in spec) {
        const { proxy, admin } = spec.serve({ log: options.log, urlOf })
        listeners.push({ ...spec, app: proxy }, { ...spec, port: spec.adminPort, app: admin })
      } else {
        const part = await assemble(spec, { ...options, urlOf, registry, together })
        parts.push(part)
        listeners.push({ ...spec, app: part.app })
      }
    }
    gauges({ registry, services: parts.flatMap(({ services }) => services) })
    for (const listener of listeners) await listen(listener, options)
    await unlessAborted(Promise.all(parts.map(part => start(part, options))), signal)
  } catch (error) {
    await stop()
    throw error
  }
  const hosting = (name: string) => parts.flatMap(({ services }) => services).find(service => service.name === name)!
  return { urlOf, service: hosting, stop }
}

/** @throws Trouble, listing what there is. */
export function serviceNamed(system: System, name: string): SystemService | SystemGateway {
  const spec = system.services.find(service => service.name === name || service.name === `${name}-service`)
  if (spec !== undefined) return spec
  const known = system.services.map(service => service.name).join(', ')
  throw new Trouble(`${system.name} has no service ${name}; there are ${known}.`)
}

interface Listener {
  readonly name: string
  readonly port: number
  readonly app: FastifyInstance
}

interface Part {
  readonly spec: SystemService
  readonly database: Database
  readonly app: FastifyInstance
  readonly services: readonly Service<string, PgClient>[]
  readonly hasStarted: () => void
}

/** What all services of a process are assembled with. */
type Shared = RunOptions & Pick<Surroundings, 'urlOf' | 'registry' | 'together'>

/** Wires a service to where it runs; nothing runs yet. */
export async function assemble(
  spec: SystemService,
  { ground, log, urlOf, registry, together, operations = true }: Shared,
): Promise<Part> {
  const { store, database } = ground.open(spec.database, spec.name)
  const { transport } = ground
  let hasStarted = () => {}
  const started = new Promise<void>(resolve => {
    hasStarted = resolve
  })
  const { app, services } = await spec.assemble({
    store,
    database,
    transport,
    embedded: ground.embedded,
    log,
    telemetry: telemetry({ registry, service: spec.name }),
    urlOf,
    registry,
    operations,
    together,
    started,
  })
  return { spec, database, app, services, hasStarted }
}

async function listen({ name, port: documented, app }: Listener, { host, portOf }: RunOptions): Promise<void> {
  const port = portOf({ port: documented })
  try {
    await app.listen({ host, port })
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

async function start(
  { spec, database, services, hasStarted }: Part,
  { ground, log, signal }: RunOptions,
): Promise<void> {
  await ground.prepare(spec.database, signal)
  const patience = patienceOf(signal)
  while (!(await createdTables(database, spec.tables))) await patience()
  await Promise.all(
    services.map(async service => {
      await service.start()
      await connected(service, { log, signal })
    }),
  )
  hasStarted()
}

async function connected(
  service: Service<string, PgClient>,
  { log, signal }: Pick<RunOptions, 'log' | 'signal'>,
): Promise<void> {
  const patience = patienceOf(signal)
  for (let asked = 0; ; asked += 1) {
    const { broker } = await service.health()
    if (broker.state === 'connected') return
    // A moment it always takes; what takes longer, a person may have to see to.
    if (asked === 5)
      log.warn({ service: service.name }, `${service.name} waits for the broker: ${JSON.stringify(broker)}`)
    await patience()
  }
}

/** Whether they are there; not, if the database went away meanwhile. */
async function createdTables(database: Database, files: readonly URL[]): Promise<boolean> {
  try {
    await createTables(database, files)
    return true
  } catch (error) {
    if (database.isAway(error)) return false
    throw error
  }
}

/** Waits, a little longer each time, up to two seconds; rejects when the signal aborts. */
function patienceOf(signal: AbortSignal): () => Promise<void> {
  let ms = 25
  return async () => {
    await sleep(ms, undefined, { signal })
    ms = Math.min(ms * 2, 2_000)
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
