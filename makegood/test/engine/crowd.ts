import { expect } from 'vitest'
import type { PgClient, SagaReport, Service } from '../../src/makegood.ts'
import { ordering, type ShopServiceName, shopService, World } from './shop.ts'
import type { Place } from './shop-scenarios.ts'

const names = ['orders', 'stock', 'money', 'parcels'] as const
const hotRows = ['hot-1', 'hot-2', 'hot-3', 'hot-4', 'hot-5']
/** Of each. */
const pieces = 100_000
/** How long an order may take when something is away. */
const endMsMax = 180_000

export interface Load {
  /** Resolves when so many further orders have ended. */
  more(count: number): Promise<void>
}

/** A shop whose services run in as many replicas as a test likes. */
export class Crowd {
  readonly world = new World()
  readonly #place: Place
  readonly #running = new Map<ShopServiceName, Service<string, PgClient>[]>()
  readonly #begun: string[] = []

  private constructor(place: Place) {
    this.#place = place
  }

  /** Nobody works yet, but there is enough of everything. */
  static async at(place: Place): Promise<Crowd> {
    for (const sku of hotRows) await place.sql('stock', 'insert into stock values ($1, $2, 0)', [sku, pieces])
    return new Crowd(place)
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
    return this.of('orders')
  }

  /** The replica that was started last. */
  of(name: ShopServiceName): Service<string, PgClient> {
    return this.#running.get(name)!.at(-1)!
  }

  /** As long as that takes, so many customers each place one order, wait for its end, and place the next. */
  async underLoad(customers: number, during: (load: Load) => Promise<void>): Promise<void> {
    let isOpen = true
    let ended = 0
    const buying = Array.from({ length: customers }, async () => {
      while (isOpen) {
        for (const sagaId of await this.begin(1)) await this.orders.result(sagaId, { timeoutMs: endMsMax })
        ended += 1
      }
    })
    const bought = Promise.all(buying)
    bought.catch(() => {})
    const more = async (count: number) => {
      const enough = ended + count
      await expect.poll(() => ended, { timeout: endMsMax }).toBeGreaterThanOrEqual(enough)
    }
    await during({ more }).finally(() => {
      isOpen = false
    })
    await bought
  }

  async begin(count: number): Promise<readonly string[]> {
    const orders = Array.from({ length: count }, (_, index) => ({
      orderId: crypto.randomUUID(),
      sku: hotRows[index % hotRows.length]!,
      quantity: 1,
      cents: 500,
    }))
    const started = await Promise.all(
      orders.map(order => this.orders.transaction(tx => tx.start(ordering, order, { key: order.orderId }))),
    )
    const sagaIds = started.map(({ sagaId }) => sagaId)
    this.#begun.push(...sagaIds)
    return sagaIds
  }

  /** Every order ended one way or the other; stock, money and provider say the same as the sagas. */
  async addsUp(): Promise<{ readonly [status: string]: number }> {
    const ended: SagaReport[] = []
    for (const sagaId of this.#begun) ended.push(await this.orders.result(sagaId, { timeoutMs: endMsMax }))
    const count = (status: string) => ended.filter(report => report.status === status).length
    const [completed, compensated] = [count('completed'), count('compensated')]
    expect(completed + compensated).toBe(this.#begun.length)

    const one = async (service: ShopServiceName, text: string) => (await this.#place.sql(service, text))[0]
    for (const service of [...this.#running.values()].flat()) {
      await expect
        .poll(async () => ({ ...(await service.queries.figures()), sagas: {} }), { timeout: 60_000 })
        .toMatchObject({ outbox: 0, parked: 0, dead: 0 })
    }
    await expect
      .poll(() => one('orders', "select count(*)::int as ended from orders where status in ('completed', 'cancelled')"))
      .toEqual({ ended: this.#begun.length })
    expect(
      await one('stock', "select sum(free)::int as free, sum(held)::int as held from stock where sku like 'hot-%'"),
    ).toEqual({
      free: hotRows.length * pieces - completed,
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
