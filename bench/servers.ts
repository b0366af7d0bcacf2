import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { startPostgres } from '../scripts/servers/postgres.ts'
import { startRabbitmq } from '../scripts/servers/rabbitmq.ts'
import { listenerOn } from './measure/processes.ts'
import { type Domain, domains, type SetUp } from './set-up.ts'

/** The servers of a whole run. Each set-up gets empty databases and an empty part of the broker. */
export interface Servers {
  readonly postgres: { readonly pid: number; readonly version: string } | undefined
  readonly rabbitmq: { readonly pid: number; readonly version: string } | undefined
  prepare(setUp: SetUp): Promise<Prepared>
  stop(): Promise<void>
}

export interface Prepared {
  readonly databases: { readonly [domain in Domain]: string } | undefined
  readonly amqpUrl: string | undefined
  clear(): Promise<void>
}

export async function startServers(setUps: readonly SetUp[]): Promise<Servers> {
  const [postgres, rabbitmq] = await Promise.all([
    setUps.some(({ databases }) => databases !== 'none') ? startPostgres() : undefined,
    setUps.some(({ broker }) => broker) ? startRabbitmq() : undefined,
  ])
  const admin = postgres && new pg.Pool({ connectionString: postgres.url, max: 1 })
  const tables = await readFile(new URL('shop/tables.sql', import.meta.url), 'utf8')
  let prepared = 0

  async function makeDatabase(name: string): Promise<string> {
    const url = await postgres!.createDatabase(name)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(tables)
    await client.end()
    return url
  }

  async function makeVirtualHost(name: string): Promise<string> {
    const { user, password, host, port, ctl } = rabbitmq!
    await ctl('add_vhost', name)
    await ctl('set_permissions', '-p', name, user, '.*', '.*', '.*')
    return `amqp://${user}:${password}@${host}:${port}/${name}`
  }

  return {
    postgres: postgres && {
      pid: listenerOn(postgres.port),
      version: (await admin!.query<{ server_version: string }>('show server_version')).rows[0]!.server_version,
    },
    rabbitmq: rabbitmq && {
      pid: listenerOn(rabbitmq.port),
      version: (await rabbitmq.ctl('version')).trim(),
    },
    prepare: async setUp => {
      const run = `bench_${++prepared}`
      const names = setUp.databases === 'each' ? domains.map(domain => `${run}_${domain}`) : [run]
      const urls = setUp.databases === 'none' ? [] : await Promise.all(names.map(makeDatabase))
      const amqpUrl = setUp.broker ? await makeVirtualHost(run) : undefined
      return {
        databases:
          urls.length === 0
            ? undefined
            : (Object.fromEntries(domains.map((domain, index) => [domain, urls[index % urls.length]])) as {
                [domain in Domain]: string
              }),
        amqpUrl,
        clear: async () => {
          for (const name of urls.length === 0 ? [] : names) await admin!.query(`drop database ${name} with (force)`)
          if (amqpUrl) await rabbitmq!.ctl('delete_vhost', run)
          if (urls.length > 0) await admin!.query('checkpoint')
        },
      }
    },
    stop: async () => {
      await admin?.end()
      await Promise.all([postgres?.stop(), rabbitmq?.stop()])
    },
  }
}
