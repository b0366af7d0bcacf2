import { type Broker, startKafka, startRabbitmq } from './brokers.ts'
import { type DatabaseServer, startMysql, startPostgresql, type Written } from './databases.ts'
import { type Domain, domains, type SetUp } from './set-up.ts'

/** The servers of a whole run. Each set-up gets empty databases and an empty broker. */
export interface Servers {
  /** Those that can be run: where Kafka cannot be had, set-ups on it are left out. */
  readonly setUps: readonly SetUp[]
  /** What was started, with names and versions. */
  readonly versions: readonly string[]
  prepare(setUp: SetUp): Promise<Prepared>
  stop(): Promise<void>
}

export interface Prepared {
  readonly databases: { readonly [domain in Domain]: string } | undefined
  readonly brokerAddress: string | undefined
  /** Of the servers that this set-up uses. */
  readonly pids: { readonly database: readonly number[]; readonly broker: readonly number[] }
  /** Of its databases; undefined without a server. */
  written(): Promise<Written | undefined>
  clear(): Promise<void>
}

/** Starts what these set-ups need, and nothing else. */
export async function startServers(wanted: readonly SetUp[]): Promise<Servers> {
  const on = (dialect: SetUp['dialect']) =>
    wanted.some(setUp => setUp.databases !== 'none' && dialectOf(setUp) === dialect)
  const over = (broker: SetUp['broker']) => wanted.some(setUp => setUp.broker === broker)
  const [postgres, mysql, rabbitmq, kafka] = await Promise.all([
    on('postgres') ? startPostgresql() : undefined,
    on('mysql') ? startMysql() : undefined,
    over('rabbitmq') ? startRabbitmq() : undefined,
    over('kafka') ? startKafka().catch(leaveOut) : undefined,
  ])
  const started = [postgres, mysql, rabbitmq, kafka].filter(server => server !== undefined)
  const brokers = { rabbitmq, kafka, none: undefined }
  let prepared = 0

  return {
    setUps: wanted.filter(({ broker }) => broker === 'none' || brokers[broker]),
    versions: started.map(({ version }) => version),
    prepare: async setUp => {
      const run = `bench_${++prepared}`
      const server = setUp.databases === 'none' ? undefined : { postgres, mysql }[dialectOf(setUp)]
      const broker = brokers[setUp.broker]
      const names = setUp.databases === 'each' ? domains.map(domain => `${run}_${domain}`) : [run]
      return {
        databases: server && (await makeDatabases(server, names)),
        brokerAddress: await broker?.make(run),
        pids: { database: pidOf(server), broker: pidOf(broker) },
        written: async () => server?.written(names),
        clear: async () => {
          await server?.drop(names)
          await broker?.drop(run)
        },
      }
    },
    stop: async () => {
      await Promise.all(started.map(server => server.stop()))
    },
  }
}

function dialectOf({ dialect = 'postgres' }: SetUp): 'postgres' | 'mysql' {
  return dialect
}

/** Kafka is the only one that not everybody can be asked to have. */
function leaveOut(error: unknown): undefined {
  console.error(
    `\n»» NO KAFKA, and so nothing is measured on it: ${error instanceof Error ? error.message : error} CONTRIBUTING.md says where it comes from.\n`,
  )
}

/** One that all domains share, or one for each. */
async function makeDatabases(server: DatabaseServer, names: readonly string[]) {
  const urls = await Promise.all(names.map(name => server.make(name)))
  return Object.fromEntries(domains.map((domain, index) => [domain, urls[index % urls.length]!])) as {
    [domain in Domain]: string
  }
}

function pidOf(server: DatabaseServer | Broker | undefined): readonly number[] {
  return server ? [server.pid] : []
}
