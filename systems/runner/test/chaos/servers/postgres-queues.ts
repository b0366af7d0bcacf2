import { postgresTransport } from 'makegood/postgres-transport'
import pg from 'pg'
import { postgres } from './postgres.ts'
import type { Broker, Durability } from './server.ts'

/** Queues in a PostgreSQL of their own, with one exchange for everything that is told. */
export async function postgresQueues(exchange: string, durability: Durability): Promise<Broker> {
  const server = await postgres(durability)

  async function asked<Row extends object>(query: string, values: readonly unknown[] = []): Promise<Row[]> {
    const session = await server.open('postgres')
    try {
      return await session.ask<Row>(query, values)
    } finally {
      await session.end().catch(() => {})
    }
  }

  return {
    ...server,
    name: 'PostgreSQL with the queues',

    // One more reader, with a queue of its own as long as it listens. A connection that is lost it makes anew by itself.
    overhear: async (hear, enough) => {
      const name = `stranger-${crypto.randomUUID()}`
      const queue = { name, service: 'stranger', bindings: ['#'], deadLetters: `${name}.dead-letter` }
      const pool = new pg.Pool({ connectionString: server.url, max: 4 })
      const topology = { exchange, queues: [queue] }
      const link = postgresTransport({ pool }).connect({
        ...{ service: 'stranger', topology, queue },
        prefetch: 1_000,
        report: () => {},
      })
      try {
        while (!enough.aborted) {
          const deliveries = await link.take(100, 200)
          for (const { envelope } of deliveries) {
            const repeat = async () => void (await link.publish([envelope]))
            hear({ address: envelope.address, body: envelope.body, repeat })
          }
          link.acknowledge(deliveries)
        }
      } finally {
        await link.close()
        await pool.end()
        await asked(forgetStranger, [`${name}%`])
      }
    },

    unread: async () => new Map((await asked<Waiting>(waiting)).map(({ queue, count }) => [queue, count])),
    messagesIn: async queue => (await asked<Waiting>(`${waiting} having queue = $1`, [queue]))[0]?.count ?? 0,
  }
}

interface Waiting {
  readonly queue: string
  readonly count: number
}

const waiting = 'select queue, count(*)::int as count from makegood_queues.message group by queue'

const forgetStranger = `
  with unbound as (delete from makegood_queues.binding where queue like $1),
    deleted as (delete from makegood_queues.queue where name like $1)
  delete from makegood_queues.message where queue like $1
`
