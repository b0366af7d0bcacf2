import { setTimeout as sleep } from 'node:timers/promises'
import { type Log, textOf } from 'makegood'
import { postgres } from 'makegood/postgres'
import { rabbitmq } from 'makegood/rabbitmq'
import pg from 'pg'
import { Trouble } from './environment.ts'
import type { Ground } from './ground.ts'
import type { DatabaseAddress, Servers } from './servers.ts'

/** PostgreSQL and RabbitMQ, where the system's variables say they are. */
export function serversGround({ database: addressOf, broker, variables }: Servers, log: Log): Ground {
  const pools: pg.Pool[] = []
  return {
    embedded: false,
    transport: rabbitmq(broker),
    store(database) {
      const pool = new pg.Pool({ ...addressOf(database), pipeline: true, max: 10 } as pg.PoolConfig)
      pools.push(pool)
      return postgres({ pool })
    },
    prepare: (database, signal) => untilThere(addressOf(database), variables, log, signal),
    close: async () => void (await Promise.all(pools.map(pool => pool.end()))),
  }
}

/** Waits for the server, and creates the database if it is missing. */
async function untilThere(
  address: DatabaseAddress,
  variables: Servers['variables'],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { host, port, user, database } = address
  for (let tries = 0; ; tries += 1) {
    const trouble = await connect(address).catch((error: unknown) => error)
    if (trouble === undefined) return
    switch (codeOf(trouble)) {
      case noSuchDatabase:
        await create(address, variables)
        break
      case '28P01':
      case '28000':
        throw new Trouble(`PostgreSQL at ${host}:${port} refuses the user ${user}: set ${variables.who}.`)
      default:
        if (tries === 0) {
          const says = `Waiting for PostgreSQL at ${host}:${port} (${variables.where}): ${textOf(trouble)}`
          log.warn({ database }, says)
        }
        await sleep(Math.min(100 * 2 ** tries, 2_000), undefined, { signal })
    }
  }
}

const noSuchDatabase = '3D000'

/** Resolves with nothing if the database can be used. */
async function connect(address: DatabaseAddress, statement?: string): Promise<undefined> {
  const client = new pg.Client({ ...address, connectionTimeoutMillis: 5_000 })
  // A server that goes away just when nothing is asked of it tells so by an event, which would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    if (statement !== undefined) await client.query(statement)
  } finally {
    await client.end().catch(() => {})
  }
}

async function create(address: DatabaseAddress, variables: Servers['variables']): Promise<void> {
  const { user, database } = address
  const statement = `create database ${pg.escapeIdentifier(database)}`
  for (const from of ['postgres', 'saga_main']) {
    const trouble = await connect({ ...address, database: from }, statement).catch((error: unknown) => error)
    // Somebody else may have been faster; the next try to connect tells.
    if (trouble === undefined || ['42P04', '23505'].includes(codeOf(trouble))) return
    if (codeOf(trouble) === noSuchDatabase) continue
    throw new Trouble(
      `The database ${database} does not exist, and ${user} cannot create it (${textOf(trouble)}): create it, or let the user in ${variables.who} do so.`,
    )
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
