import type { FastifyInstance } from 'fastify'
import type { Log, PgClient, Service, Store, Telemetry, Transport } from 'makegood'
import type { Access } from 'makegood/operations'
import type { Registry } from 'prom-client'
import type { Database } from './database.ts'
import type { Playground } from './playground/playground.ts'
import type { Servers } from './servers.ts'

/** What the runner needs to know of a system. */
export interface System {
  readonly name: string
  readonly services: readonly (SystemService | SystemGateway)[]
  /** Shown when all of it runs: what to look at, and one command to try. */
  welcome(urlOf: (service: string) => string): readonly string[]
}

/** As it is started by the command line. */
export interface StartableSystem extends System {
  /** Where its servers are, when it runs on any. @throws Trouble, naming the variable */
  servers(): Servers | Promise<Servers>
  /** What can be tried with it where all of it runs in one process. */
  readonly playground: Playground
}

export interface SystemService {
  readonly name: string
  /** The documented one; `--port-offset` is added to it. */
  readonly port: number
  /** The name of its own database, and of its folder when it runs embedded. */
  readonly database: string
  /** SQL that creates the service's own tables where they are missing. */
  readonly tables: readonly URL[]
  /** Wires it; nothing runs yet. */
  assemble(surroundings: Surroundings): Promise<Assembled>
}

/** Stands before the services: it answers HTTP and nothing else, without a database, and without messages. */
export interface SystemGateway {
  readonly name: string
  /** The documented one; `--port-offset` is added to it, and to `adminPort`. */
  readonly port: number
  /** Where those ask who look after it. */
  readonly adminPort: number
  /** Makes what answers at the two ports; nothing listens yet. */
  serve(surroundings: Pick<Surroundings, 'log' | 'urlOf'>): { proxy: FastifyInstance; admin: FastifyInstance }
}

/** Every documented port of a system. */
export function portsOf({ services }: System): readonly number[] {
  return services.flatMap(service => ('adminPort' in service ? [service.port, service.adminPort] : [service.port]))
}

/** What a service finds where it runs. */
export interface Surroundings {
  readonly store: Store<PgClient>
  readonly database: Database
  readonly transport: Transport
  readonly log: Log
  readonly telemetry: Telemetry
  /** The metrics of this process. */
  readonly registry: Registry
  /** Who may ask for what operators see, under `/operations`; undefined if nobody may. */
  readonly operations: Access | undefined
  /** Whether it runs in one process for the one person in front of it, without any server. */
  readonly embedded: boolean
  /** Whether all services of the system run in this process. */
  readonly together: boolean
  /** Where another service of the system answers. */
  readonly urlOf: (service: string) => string
  /** Resolves when the service takes messages and its tables are there: requests come before that. */
  readonly started: Promise<void>
}

export interface Assembled {
  /** What takes messages here: one, or several over one database where several queues are documented. */
  readonly services: readonly Service<string, PgClient>[]
  readonly app: FastifyInstance
}
