import Fastify from 'fastify'
import mysql2 from 'mysql2/promise'
import pg from 'pg'
import { z } from 'zod'
import { frameworkErrors, makegoodFastify } from '../../src/adapters/fastify/index.ts'
import { mysql } from '../../src/adapters/mysql/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import {
  cloudEventsWire,
  command,
  event,
  type Hosted,
  handlersFor,
  type PgClient,
  type Service,
  type Store,
  saga,
  service,
  type Transport,
} from '../../src/makegood.ts'
import { openAccess, operationsRoutes } from '../../src/operations/index.ts'
import { makegood, type Said } from '../cli/command-line.ts'
import { askedLikePostgres } from '../engine/mysql-place.ts'

// Orders are led by the office; the shelf reserves and ships, the till charges, and the post hears of what is done.

const Order = z.object({ orderId: z.string() })

const reserve = command('shelf.reserve', { payload: Order })
const release = command('shelf.release', { payload: Order })
const charge = command('till.charge', { payload: Order, failures: { DECLINED: z.object({}) } })
const ship = command('shelf.ship', { payload: Order })
const shipped = event('office.shipped', { payload: Order })

const order = saga('order', { version: 1, data: Order })
  .compensatable('reserve', reserve, {
    payload: placed => placed,
    compensation: { command: release, payload: placed => placed },
  })
  .pivot('charge', charge, { payload: placed => placed })
  .retriable('ship', ship, { payload: placed => placed })
  .ends({ completed: { event: shipped, payload: placed => placed } })

const { handle, on } = handlersFor<PgClient>()

const hostsOf = {
  office: [order],
  shelf: [reserve, release, ship].map(each =>
    handle(each, async ({ orderId }, { tx, succeed }) => {
      await note(tx.db, each.type, orderId)
      return succeed()
    }),
  ),
  till: [
    handle(charge, async ({ orderId }, { tx, succeed, fail }) => {
      if (orderId.startsWith('poor')) return fail('DECLINED', {})
      await note(tx.db, charge.type, orderId)
      return succeed()
    }),
  ],
  post: [on(shipped, ({ orderId }, { tx }) => note(tx.db, shipped.type, orderId))],
} satisfies { readonly [name: string]: readonly Hosted<PgClient>[] }

async function note(db: PgClient, what: string, orderId: string): Promise<void> {
  await db.query('insert into done (what) values ($1)', [`${what} ${orderId}`])
}

export type ServiceName = keyof typeof hostsOf
export const names = Object.keys(hostsOf) as readonly ServiceName[]

const wire = cloudEventsWire({
  exchange: 'restore',
  services: names.map(name => ({ name, hosts: hostsOf[name] as readonly Hosted<never>[] })),
})

interface Running {
  readonly service: Service<string, PgClient>
  stop(): Promise<void>
}

/** Each service has a database of its own, and is stopped and started as the test likes. */
export class SmallShop {
  readonly #urls: { readonly [Name in ServiceName]: string }
  readonly #transport: Transport
  readonly #running = new Map<ServiceName, Running>()

  constructor(urls: { readonly [Name in ServiceName]: string }, transport: Transport) {
    this.#urls = urls
    this.#transport = transport
  }

  async start(...which: readonly ServiceName[]): Promise<void> {
    for (const name of which) {
      const { store, end } = openAt(this.#urls[name])
      const limits = { idleMs: 50, outboxLeaseMs: 500 }
      const made = service(name, { store, transport: this.#transport, wire, hosts: hostsOf[name], limits })
      await made.start()
      const stop = async () => {
        await made.stop()
        await end()
      }
      this.#running.set(name, { service: made, stop })
    }
  }

  async stop(...which: readonly ServiceName[]): Promise<void> {
    for (const name of which) {
      await this.#running.get(name)?.stop()
      this.#running.delete(name)
    }
  }

  get office(): Service<string, PgClient> {
    return this.#running.get('office')!.service
  }

  /** Begins an order. Resolves with its saga's id. */
  async order(orderId: string): Promise<string> {
    return (await this.office.startSaga(order, { orderId }, { key: orderId })).sagaId
  }

  /** The step that is open of an order, or how it ended. */
  async standing(orderId: string): Promise<string> {
    const row = await this.office.queries.sagaByKey('order', orderId)
    if (row === undefined) return 'unknown'
    if (row.state.status !== 'running') return row.state.status
    return Object.entries(row.state.steps).find(([, { forward }]) => 'ask' in forward)?.[0] ?? 'running'
  }

  /** What services have published is with the broker, and nothing of it is left to be published again. */
  async published(): Promise<boolean> {
    const figures = await Promise.all([...this.#running.values()].map(({ service }) => service.queries.figures()))
    return figures.every(({ outbox }) => outbox === 0)
  }

  /** Types a line of the command `makegood` about those that run. */
  async makegood(...words: readonly string[]): Promise<Said> {
    const app = Fastify({ frameworkErrors })
    const services = [...this.#running.values()].map(each => each.service)
    await app.register(makegoodFastify, { services, title: 'Small shop', version: '1' })
    await app.register(operationsRoutes, { services, access: openAccess() })
    try {
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      return await makegood([...words, '--url', url])
    } finally {
      await app.close()
    }
  }
}

function openAt(url: string): { readonly store: Store<PgClient>; readonly end: () => Promise<void> } {
  if (url.startsWith('mysql:')) {
    const pool = mysql2.createPool({ uri: url, connectionLimit: 4 })
    return { store: mysql({ pool, db: askedLikePostgres }), end: () => pool.end() }
  }
  const pool = new pg.Pool({ connectionString: url, pipeline: true, max: 4 } as pg.PoolConfig)
  return { store: postgres({ pool }), end: () => pool.end() }
}
