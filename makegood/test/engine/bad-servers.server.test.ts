import { afterEach, describe, expect, inject, test } from 'vitest'
import { startOwnPostgres } from '../../../scripts/servers/postgres.ts'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import type { PgClient, SagaReport, Service } from '../../src/makegood.ts'
import { postgresPlace } from './postgres-place.ts'
import { type Order, ordering, type ShopServiceName, shopService, World } from './shop.ts'
import type { Place } from './shop-scenarios.ts'

const names = ['orders', 'stock', 'money', 'parcels'] as const
const hotRows = ['hot-1', 'hot-2', 'hot-3', 'hot-4', 'hot-5']

/** A shop whose services run in as many replicas as a test likes. */
class Crowd {
  readonly world = new World()
  readonly #place: Place
  readonly #running = new Map<ShopServiceName, Service<string, PgClient>[]>()
  readonly #begun: { readonly sagaId: string; readonly order: Order }[] = []

  constructor(place: Place) {
    this.#place = place
  }

  async scaleTo(replicas: number): Promise<void> {
    for (const name of names) {
      const running = this.#running.get(name) ?? []
      this.#running.set(name, running)
      while (running.length < replicas) {
        const { store, transport } = this.#place
        const limits = { idleMs: 100, outboxLeaseMs: 1_000 }
        const service = shopService(name, { store, transport, world: this.world, limits })
        await service.start()
        running.push(service as never)
      }
      while (running.length > replicas) await running.shift()!.stop()
    }
  }

  get orders(): Service<string, PgClient> {
    return this.#running.get('orders')!.at(-1)!
  }

  async begin(count: number): Promise<void> {
    const orders = Array.from({ length: count }, (_, index) => ({
      orderId: crypto.randomUUID(),
      sku: hotRows[index % hotRows.length]!,
      quantity: 1,
      cents: 500,
    }))
    const started = await Promise.all(
      orders.map(order => this.orders.transaction(tx => tx.start(ordering, order, { key: order.orderId }))),
    )
    this.#begun.push(...started.map(({ sagaId }, index) => ({ sagaId, order: orders[index]! })))
  }

  /** Every order ended one way or the other; stock, money and provider say the same as the sagas. */
  async addsUp(): Promise<{ readonly [status: string]: number }> {
    const ended: SagaReport[] = []
    for (const { sagaId } of this.#begun) ended.push(await this.orders.result(sagaId, { timeoutMs: 60_000 }))
    const count = (status: string) => ended.filter(report => report.status === status).length
    const [completed, compensated] = [count('completed'), count('compensated')]
    expect(completed + compensated).toBe(this.#begun.length)

    const one = async (service: ShopServiceName, text: string) => (await this.#place.sql(service, text))[0]
    for (const service of [...this.#running.values()].flat()) {
      await expect
        .poll(async () => ({ ...(await service.queries.figures()), sagas: {} }), { timeout: 20_000 })
        .toMatchObject({ outbox: 0, parked: 0, dead: 0 })
    }
    await expect
      .poll(() => one('orders', "select count(*)::int as ended from orders where status in ('completed', 'cancelled')"))
      .toEqual({ ended: this.#begun.length })
    expect(
      await one('stock', "select sum(free)::int as free, sum(held)::int as held from stock where sku like 'hot-%'"),
    ).toEqual({
      free: 5_000 - completed,
      held: completed,
    })
    expect(
      await one(
        'stock',
        'select count(*)::int as written, count(distinct (order_id, kind))::int as different from stock_log',
      ),
    ).toEqual({
      written: this.#begun.length + compensated,
      different: this.#begun.length + compensated,
    })
    expect(
      await one(
        'money',
        "select count(*)::int as all, count(*) filter (where status = 'charged')::int as kept from payments",
      ),
    ).toEqual({ all: this.#begun.length, kept: completed })
    expect([this.world.charges.size, this.world.refunds.size]).toEqual([this.#begun.length, compensated])
    expect(await one('parcels', 'select count(*)::int as sent from parcels')).toEqual({ sent: completed })
    return { completed, compensated }
  }

  async deadlocks(): Promise<number> {
    const rows = await this.#place.sql(
      'stock',
      'select deadlocks::int from pg_stat_database where datname = current_database()',
    )
    return Number(rows[0]?.['deadlocks'])
  }
}

describe('servers on a bad day', () => {
  let place: Place
  let crowd: Crowd
  let ends: (() => Promise<void>)[] = []

  const open = async (made: Place) => {
    place = made
    crowd = new Crowd(place)
    ends.push(
      () => place.close(),
      () => crowd.scaleTo(0),
    )
    for (const sku of hotRows) await place.sql('stock', 'insert into stock values ($1, 1000, 0)', [sku])
  }
  afterEach(async () => {
    for (const end of ends.toReversed()) await end()
    ends = []
  })

  test('replicas that come and go during load on five hot rows lose, double and deadlock nothing (rule 18)', async () => {
    await open(await postgresPlace(inject('postgresUrl'), rabbitmq({ url: inject('amqpUrl') })))
    await crowd.scaleTo(1)
    await crowd.begin(60)
    await crowd.scaleTo(3)
    await crowd.begin(60)
    crowd.world.noCarrier = true
    await crowd.begin(60)
    await crowd.scaleTo(2)
    crowd.world.noCarrier = false
    await crowd.begin(60)
    await crowd.scaleTo(1)

    const { compensated } = await crowd.addsUp()
    expect(compensated).toBeGreaterThan(0)
    expect(await crowd.deadlocks()).toBe(0)
  }, 120_000)

  test('replicas on one database in one process share their work and do nothing twice (rule 18)', async () => {
    await open(await postgresPlace(inject('postgresUrl'), embedded()))
    await crowd.scaleTo(3)
    await crowd.begin(150)
    await crowd.addsUp()
    expect(await crowd.deadlocks()).toBe(0)
  }, 120_000)

  test('a pool of which others hold every connection costs a delay', async () => {
    await open(await postgresPlace(inject('postgresUrl'), embedded()))
    await crowd.scaleTo(1)
    const held = Promise.all(Array.from({ length: 5 }, () => place.sql('stock', 'select pg_sleep(2)')))
    await crowd.begin(20)
    await held
    await crowd.addsUp()
  }, 60_000)

  test('a database that is killed pauses its services, and they go on by themselves when it is back', async () => {
    const server = await startOwnPostgres({ fsync: false })
    ends.push(() => server.stop())
    await open(await postgresPlace(server.url, embedded()))
    crowd.world.providerMs = 20
    await crowd.scaleTo(1)
    await crowd.begin(40)
    await server.kill()
    await expect.poll(async () => (await crowd.orders.health()).database, { timeout: 10_000 }).toBe('down')
    await server.restart()
    await expect.poll(async () => (await crowd.orders.health()).database, { timeout: 20_000 }).toBe('up')
    await crowd.begin(10)
    await crowd.addsUp()
  }, 120_000)
})
