import { setTimeout as pause } from 'node:timers/promises'
import mysql2 from 'mysql2/promise'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createDatabase as createMysqlDatabase } from '../../../scripts/servers/mariadb.ts'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { type PgClient, type Service, service } from '../../src/makegood.ts'
import { type OwnDatabase, ownDatabase } from '../own-database.ts'
import { type Builds, buildReleases, type ReleaseNumber, type ShopProcess } from './builds.ts'
import { ordered, shipping, shop } from './release-1.ts'

const stock = 1_000_000
const names = ['sales', 'warehouse'] as const
type Name = (typeof names)[number]

/**
 * Two services, whose processes are replaced while orders come in, the next one started before the one before it stops:
 * `sales` leads the orders, on PostgreSQL, and `warehouse` takes part, on MySQL. The carrier is in this process: while it is
 * away, every order waits.
 */
class Deployment {
  readonly #builds: Builds
  readonly #places: Places
  readonly #running = new Map<Name, ShopProcess>()
  readonly #customer: Service<'shop', PgClient>
  #carrier: Service<'carrier', PgClient> | undefined
  #orders = 0

  constructor(builds: Builds, places: Places) {
    this.#builds = builds
    this.#places = places
    this.#customer = service('shop', { ...places.around, hosts: [] })
  }

  async start(): Promise<void> {
    await this.#customer.start()
    await Promise.all(
      names.map(async name => {
        await this.migrate(1, name)
        this.#running.set(name, await this.process(1, name))
      }),
    )
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map(each => each.kill()))
    await Promise.all([this.#customer.stop(), this.#carrier?.stop()])
  }

  migrate(release: ReleaseNumber, name: Name): Promise<string> {
    return this.#builds.migrate(release, this.#places.urls[name])
  }

  process(release: ReleaseNumber, name: Name, environment: { readonly [name: string]: string } = {}) {
    const { urls, amqpUrl } = this.#places
    return this.#builds.start(release, name, { ...environment, DATABASE_URL: urls[name], AMQP_URL: amqpUrl })
  }

  /** Resolves when the process before has stopped; `beside` is done while both run. */
  async replace(
    name: Name,
    release: ReleaseNumber,
    { environment, beside }: { environment?: { readonly [name: string]: string }; beside?: () => Promise<void> } = {},
  ): Promise<void> {
    const before = this.#running.get(name)!
    this.#running.set(name, await this.process(release, name, environment))
    await beside?.()
    await before.stop()
  }

  /** The process dies, and whoever watches over it starts it again as it was. */
  async crash(name: Name, release: ReleaseNumber): Promise<void> {
    await this.#running.get(name)!.kill()
    this.#running.set(name, await this.process(release, name))
  }

  async carrierComes(): Promise<void> {
    const hosts = [shipping((orderId, db) => db.query('insert into shipped (order_id) values ($1)', [orderId]))]
    this.#carrier = service('carrier', { ...this.#places.around, hosts })
    await this.#carrier.start()
  }

  async carrierGoes(): Promise<void> {
    await this.#carrier?.stop()
    this.#carrier = undefined
  }

  /** One of ten cannot be shipped, and one of ten is of more than there is. */
  async order(): Promise<void> {
    this.#orders += 1
    const orderId = `order-${this.#orders}`
    const pieces = orderId.endsWith('5') ? 2 * stock : 1
    await this.#customer.transaction(tx => tx.publish(ordered, { orderId, pieces }))
  }

  /**
   * Orders come in for as long as the work takes. Two at a time: of one alone and its answer a broker that takes turns
   * gives the one process every order, and the other every answer.
   */
  async under(work: () => Promise<void>): Promise<void> {
    const over = new AbortController()
    const coming = (async () => {
      while (!over.signal.aborted) {
        await this.order()
        await this.order()
        await pause(200)
      }
    })()
    try {
      await work()
    } finally {
      over.abort()
      await coming
    }
  }

  sagas(): Promise<readonly Saga[]> {
    return this.#places.sales(
      'select key, version, status, ended_at is not null as has_ended from makegood.saga order by key',
    )
  }

  async inFlight(version: number): Promise<number> {
    return (await this.sagas()).filter(saga => saga.version === version && !saga.has_ended).length
  }

  async reserved(): Promise<number> {
    return (await this.#places.sales(`select from makegood.saga where state::text like '%"ship"%'`)).length
  }

  /** Opens a transaction that looks at a table of makegood's. Resolves with its end. */
  async holdTables(name: Name): Promise<() => Promise<void>> {
    if (name === 'sales') {
      const client = new pg.Client({ connectionString: this.#places.urls.sales })
      await client.connect()
      await client.query('begin; select from makegood.inbox limit 1')
      return () => client.end()
    }
    const connection = await mysql2.createConnection(this.#places.urls.warehouse)
    await connection.query('start transaction')
    await connection.query('select 1 from makegood_inbox limit 1')
    return () => connection.end()
  }

  async settled(): Promise<void> {
    await expect
      .poll(async () => (await this.sagas()).filter(({ has_ended }) => has_ended).length, eventually)
      .toBe(this.#orders)
  }

  /** Every order ended as it had to, by the steps of its version, and every effect happened once. */
  async addsUp(): Promise<void> {
    await this.settled()
    const sagas = await this.sagas()
    const isGood = ({ key }: Saga) => !/[59]$/.test(key)
    expect(sagas.filter(saga => (saga.status === 'completed') !== isGood(saga))).toEqual([])
    const good = sagas.filter(isGood)
    const { sales, warehouse, carrier } = this.#places
    const keys = (some: readonly Saga[]) => some.map(({ key }) => key).sort()
    const orderIds = (rows: readonly object[]) => rows.map(row => (row as { order_id: string }).order_id).sort()
    expect(orderIds(await warehouse('select order_id from reserved'))).toEqual(keys(good))
    expect(await warehouse('select free from stock')).toEqual([{ free: stock - good.length }])
    expect(orderIds(await carrier('select order_id from shipped'))).toEqual(keys(good))
    if (await this.#isPacking())
      expect(orderIds(await warehouse('select order_id from packed'))).toEqual(
        keys(good.filter(({ version }) => version === 2)),
      )
    expect(await sales("select identity, error from makegood.inbox where state in ('dead', 'parked')")).toEqual([])
    expect(await warehouse("select identity, error from makegood_inbox where state in ('dead', 'parked')")).toEqual([])
  }

  async #isPacking(): Promise<boolean> {
    return (await this.#places.warehouse("show tables like 'packed'")).length > 0
  }
}

interface Saga {
  readonly key: string
  readonly version: number
  readonly status: string
  readonly has_ended: boolean
}

/** For what hangs, not for what is slow. */
const eventually = { timeout: 120_000, interval: 100 }

type Sql = (text: string) => Promise<readonly any[]>

interface Places {
  readonly urls: { readonly [N in Name]: string }
  readonly amqpUrl: string
  readonly around: Pick<Parameters<typeof service<'shop', PgClient>>[1], 'store' | 'transport' | 'wire' | 'limits'>
  readonly sales: Sql
  readonly warehouse: Sql
  readonly carrier: Sql
}

describe('two releases side by side, each on its own build of makegood', () => {
  const databases: OwnDatabase[] = []
  const pools: { end(): Promise<void> }[] = []
  let builds: Builds
  let deployment: Deployment
  let warehouse: Sql

  const database = async (purpose: string) => {
    const own = await ownDatabase(inject('postgresUrl'), `upgrade_${purpose}`)
    databases.push(own)
    const pool = new pg.Pool({ connectionString: own.url, pipeline: true, max: 5 } as pg.PoolConfig)
    pools.push(pool)
    const sql: Sql = async text => (await pool.query(text)).rows
    return { url: own.url, pool, sql }
  }

  beforeAll(async () => {
    const [built, mysqlUrl, sales, carrier] = await Promise.all([
      buildReleases(),
      askAt(inject('mysqlDoor')),
      ...([database('sales'), database('carrier')] as const),
    ])
    builds = built
    const uri = await createMysqlDatabase(mysqlUrl, `upgrade_warehouse_${process.pid}`)
    const pool = mysql2.createPool({ uri, connectionLimit: 2 })
    pools.push(pool)
    warehouse = async text => (await pool.query<mysql2.RowDataPacket[]>(text))[0]
    await warehouse('create table stock (free int not null)')
    await warehouse(`insert into stock values (${stock})`)
    await warehouse('create table reserved (order_id varchar(100) primary key, pieces int not null)')
    await carrier.sql('create table shipped (order_id text primary key)')
    deployment = new Deployment(builds, {
      urls: { sales: sales.url, warehouse: uri },
      amqpUrl: inject('amqpUrl'),
      around: {
        store: postgres({ pool: carrier.pool }),
        transport: rabbitmq({ url: inject('amqpUrl') }),
        wire: shop.wire,
        limits: { idleMs: 100, outboxLeaseMs: 1_000 },
      },
      ...{ sales: sales.sql, warehouse, carrier: carrier.sql },
    })
    await deployment.start()
  }, 180_000)
  afterAll(async () => {
    await deployment?.stop()
    for (const pool of pools) await pool.end()
    for (const each of databases) await each.drop()
    await builds?.remove()
  })

  // Each test goes on where the one before has ended.

  test('tables that have gone ahead stop no process of the release before: it goes on, and starts again where it is told not to migrate', async () => {
    await deployment.under(async () => {
      await Promise.all(
        names.map(async name => {
          // Somebody looks at a table for longer than anybody should: the migration waits for them, and no order for it.
          const letGo = await deployment.holdTables(name)
          const goesOn = async () => {
            const reserved = await deployment.reserved()
            await expect.poll(() => deployment.reserved(), eventually).toBeGreaterThan(reserved + 10)
            await letGo()
          }
          await Promise.all([deployment.migrate(2, name), goesOn()])
          await deployment.crash(name, 1)
          const migrating = deployment.process(1, name, { MIGRATE: 'yes' })
          await expect(migrating).rejects.toThrow(/^SCHEMA_NEWER: .*9000-more\.sql/)
        }),
      )
      await deployment.carrierComes()
    })
    await deployment.addsUp()
  }, 240_000)

  test('there: orders end by the steps that they began with, whichever release takes their messages', async () => {
    await deployment.carrierGoes()
    await deployment.under(async () => {
      await expect.poll(() => deployment.inFlight(1), eventually).toBeGreaterThan(10)
      for (const change of (await import('./release-2.ts')).shop.tables) await warehouse(change)
      // Readers before senders.
      await deployment.replace('warehouse', 2)
      // One process of each release: what is answered to an order of the second may come to the first, and waits.
      const beside = () => expect.poll(() => deployment.inFlight(2), eventually).toBeGreaterThan(10)
      await deployment.replace('sales', 2, { beside })
    })
    expect(await deployment.inFlight(1)).toBeGreaterThan(10)
    await deployment.carrierComes()
    await deployment.addsUp()
  }, 240_000)

  test('back: refused while it would strand orders of the new version, and possible once none is begun and in flight', async () => {
    await deployment.carrierGoes()
    await deployment.under(() => expect.poll(() => deployment.inFlight(2), eventually).toBeGreaterThan(10))
    await expect(deployment.process(1, 'sales')).rejects.toThrow(/^VERSION_STRANDED: .*\d+ of order 2/)
    await deployment.under(async () => {
      await deployment.replace('sales', 2, { environment: { NEW_ORDERS: '1' } })
      await deployment.carrierComes()
      await expect.poll(() => deployment.inFlight(2), eventually).toBe(0)
      // Senders before readers, and these when what the senders had begun is over.
      await deployment.replace('sales', 1)
    })
    await deployment.settled()
    await deployment.under(() => deployment.replace('warehouse', 1))
    await deployment.addsUp()
  }, 240_000)
})
