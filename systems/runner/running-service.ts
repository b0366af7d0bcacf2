import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { PgClient, Service } from 'makegood'
import { telemetry } from 'makegood/telemetry'
import { createTables, type Database } from './database.ts'
import { Door } from './door.ts'
import type { Ground } from './ground.ts'
import type { Surroundings, SystemService } from './system.ts'

/** A service of a system in this process. It may be ended, and started again on the same data and at the same port. */
export class RunningService {
  readonly spec: SystemService
  readonly door: Door
  readonly #shared: Shared
  #part: Part
  #state: 'on' | 'off' | 'stopped' = 'on'
  /** Whoever ends or starts it waits for whoever does so already. */
  #turn: Promise<void> = Promise.resolve()

  private constructor(spec: SystemService, shared: Shared, part: Part) {
    this.spec = spec
    this.door = new Door(spec.name)
    this.#shared = shared
    this.#part = part
  }

  /** Wires it: it answers as soon as its door is open, and nothing runs yet. */
  static async wired(spec: SystemService, shared: Shared): Promise<RunningService> {
    const running = new RunningService(spec, shared, await assemble(spec, shared))
    await running.door.admit(running.#part.app)
    return running
  }

  /** What takes messages here, or did so before it was ended. */
  get services(): readonly Service<string, PgClient>[] {
    return this.#part.services
  }

  get isOn(): boolean {
    return this.#state === 'on'
  }

  /** Resolves when what was wired takes requests and messages. */
  begin(): Promise<void> {
    return begin(this.spec, this.#part, this.#shared)
  }

  /** Finishes what is under way and lets go of its database. Its door says that it is away. */
  end(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state === 'on') await this.#end()
    })
  }

  /** Starts it if it was ended. If it cannot be started it is as it was. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state !== 'off') return
      this.#part = await assemble(this.spec, this.#shared)
      this.#state = 'on'
      await this.door.admit(this.#part.app)
      await this.begin().catch(async (error: unknown) => {
        await this.#end()
        throw error
      })
    })
  }

  /** Ends it and closes its door, for good. One that waits for its database or the broker does not any more. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      const wasOn = this.isOn
      this.#state = 'stopped'
      await this.door.close()
      if (wasOn) await letGo(this.#part)
    })
  }

  async #end(): Promise<void> {
    this.#state = 'off'
    await this.door.release(this.#part.app)
    await letGo(this.#part)
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }
}

/** What all services of a process are wired with. */
export interface Shared extends Pick<Surroundings, 'log' | 'urlOf' | 'registry' | 'operations' | 'together'> {
  readonly ground: Ground
  /** Gives up what is still waiting for a server. */
  readonly signal: AbortSignal
}

/** A service as it is wired. */
export interface Part {
  readonly database: Database
  readonly app: FastifyInstance
  readonly services: readonly Service<string, PgClient>[]
  /** Requests that came too early may go on. */
  readonly hasStarted: () => void
}

/** Wires a service to where it runs; nothing runs yet. */
export async function assemble(spec: SystemService, { ground, ...shared }: Omit<Shared, 'signal'>): Promise<Part> {
  const { store, database } = ground.open(spec.database, spec.name)
  let hasStarted = () => {}
  const started = new Promise<void>(resolve => {
    hasStarted = resolve
  })
  const { app, services } = await spec.assemble({
    ...shared,
    store,
    database,
    transport: ground.transport,
    embedded: ground.embedded,
    telemetry: telemetry({ registry: shared.registry, service: spec.name }),
    started,
  })
  return { database, app, services, hasStarted }
}

async function begin(
  { database: name, tables }: SystemService,
  { database, services, hasStarted }: Part,
  { ground, log, signal }: Shared,
): Promise<void> {
  await ground.prepare(name, signal)
  const patience = patienceOf(signal)
  while (!(await createdTables(database, tables))) await patience()
  await Promise.all(
    services.map(async service => {
      await service.start()
      await connected(service, { log, signal })
    }),
  )
  hasStarted()
}

async function letGo({ services, database }: Part): Promise<void> {
  await Promise.all(services.map(service => service.stop()))
  await database.close()
}

async function connected(
  service: Service<string, PgClient>,
  { log, signal }: Pick<Shared, 'log' | 'signal'>,
): Promise<void> {
  const patience = patienceOf(signal)
  for (let asked = 0; ; asked += 1) {
    const { broker } = await service.health()
    if (broker.state === 'connected') return
    // A moment it always takes; what takes longer, a person may have to see to.
    if (asked === 5)
      log.warn(
        { service: service.name },
        `${service.name} waits for the broker: ${'because' in broker ? broker.because : broker.state}`,
      )
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
