import { setTimeout as sleep } from 'node:timers/promises'
import { type Log, textOf } from 'makegood'
import { postgres } from 'makegood/postgres'
import { rabbitmq } from 'makegood/rabbitmq'
import pg from 'pg'
import { type Environment, Trouble } from './environment.ts'
import type { Ground } from './ground.ts'

/** PostgreSQL and RabbitMQ, where the documented variables say they are. */
export function serversGround(environment: Environment, log: Log): Ground {
  const server = {
    host: environment.text('DB_HOST', 'localhost'),
    port: environment.port('DB_PORT', 5432),
    user: environment.text('DB_USER', 'postgres'),
    password: environment.text('DB_PASSWORD', 'postgres'),
  }
  const named = (documented: string) => environment.text('DB_NAME', documented)
  const pools: pg.Pool[] = []
  return {
    transport: rabbitmq({
      hostname: environment.text('RABBITMQ_HOST', 'localhost'),
      port: environment.port('RABBITMQ_PORT', 5672),
      user: environment.text('RABBITMQ_USERNAME', 'guest'),
      password: environment.text('RABBITMQ_PASSWORD', 'guest'),
      vhost: environment.text('RABBITMQ_VHOST', '/'),
    }),
    store(database) {
      const pool = new pg.Pool({ ...server, database: named(database), pipeline: true, max: 10 } as pg.PoolConfig)
      pools.push(pool)
      return postgres({ pool })
    },
    prepare: (database, signal) => untilThere(server, named(database), log, signal),
    close: async () => void (await Promise.all(pools.map(pool => pool.end()))),
  }
}

interface Server {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

/** Waits for the server, and creates the database if it is missing. */
async function untilThere(server: Server, database: string, log: Log, signal: AbortSignal): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const trouble = await connect(server, database).catch((error: unknown) => error)
    if (trouble === undefined) return
    switch (codeOf(trouble)) {
      case noSuchDatabase:
        await create(server, database)
        break
      case '28P01':
      case '28000':
        throw new Trouble(
          `PostgreSQL at ${server.host}:${server.port} refuses the user ${server.user}: set DB_USER and DB_PASSWORD.`,
        )
      default:
        if (tries === 0) {
          const says = `Waiting for PostgreSQL at ${server.host}:${server.port} (DB_HOST, DB_PORT): ${textOf(trouble)}`
          log.warn({ database }, says)
        }
        await sleep(Math.min(100 * 2 ** tries, 2_000), undefined, { signal })
    }
  }
}

const noSuchDatabase = '3D000'

/** Resolves with nothing if the database can be used. */
async function connect(server: Server, database: string, statement?: string): Promise<undefined> {
  const client = new pg.Client({ ...server, database, connectionTimeoutMillis: 5_000 })
  // A server that goes away just when nothing is asked of it tells so by an event, which would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    if (statement !== undefined) await client.query(statement)
  } finally {
    await client.end().catch(() => {})
  }
}

async function create(server: Server, database: string): Promise<void> {
  const statement = `create database ${pg.escapeIdentifier(database)}`
  for (const from of ['postgres', 'saga_main']) {
    const trouble = await connect(server, from, statement).catch((error: unknown) => error)
    // Somebody else may have been faster; the next try to connect tells.
    if (trouble === undefined || ['42P04', '23505'].includes(codeOf(trouble))) return
    if (codeOf(trouble) === noSuchDatabase) continue
    throw new Trouble(
      `The database ${database} does not exist, and ${server.user} cannot create it (${textOf(trouble)}): create it, or let DB_USER do so.`,
    )
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
