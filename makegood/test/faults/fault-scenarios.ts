import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { PgClient, Service, Store } from '../../src/makegood.ts'
import {
  type CrashPoint,
  type Fault,
  faultPlan,
  faulty,
  type MessageName,
  type MishapPoint,
} from '../../src/testing/index.ts'
import {
  type Order,
  ordering,
  orderPlaced,
  type ShopServiceName,
  shopService,
  shopWire,
  World,
} from '../engine/shop.ts'
import type { Place } from '../engine/shop-scenarios.ts'

/**
 * Every fault at every transaction and at every message of an order: on its way to completion, and on its way back from
 * a last step that was refused. Enumerated: a step that is added to the shop is added to these two lists.
 */
const journeys: { readonly [End in Ending]: Journey } = {
  completed: {
    transactions: [
      { service: 'orders', sends: 'event orders.placed' },
      { service: 'orders', sends: 'command stock.reserve' },
      { service: 'stock', sends: 'reply stock.reserve' },
      { service: 'orders', sends: 'command money.charge' },
      { service: 'money', handles: 'command money.charge' },
      { service: 'money', sends: 'reply money.charge' },
      { service: 'orders', sends: 'command parcels.ship' },
      { service: 'parcels', sends: 'reply parcels.ship' },
      { service: 'orders', sends: 'event orders.completed' },
      { service: 'orders', handles: 'event orders.completed' },
    ],
    messages: [
      { service: 'orders', handles: 'event orders.placed' },
      { service: 'stock', handles: 'command stock.reserve' },
      { service: 'orders', handles: 'reply stock.reserve' },
      { service: 'money', handles: 'command money.charge' },
      { service: 'orders', handles: 'reply money.charge' },
      { service: 'parcels', handles: 'command parcels.ship' },
      { service: 'orders', handles: 'reply parcels.ship' },
      { service: 'orders', handles: 'event orders.completed' },
    ],
  },
  compensated: {
    transactions: [
      { service: 'parcels', sends: 'reply parcels.ship' },
      { service: 'orders', sends: 'command money.refund' },
      { service: 'money', handles: 'command money.refund' },
      { service: 'money', sends: 'reply money.refund' },
      { service: 'orders', sends: 'command stock.release' },
      { service: 'stock', sends: 'reply stock.release' },
      { service: 'orders', sends: 'event orders.cancelled' },
      { service: 'orders', handles: 'event orders.cancelled' },
    ],
    messages: [
      { service: 'orders', handles: 'reply parcels.ship' },
      { service: 'money', handles: 'command money.refund' },
      { service: 'orders', handles: 'reply money.refund' },
      { service: 'stock', handles: 'command stock.release' },
      { service: 'orders', handles: 'reply stock.release' },
      { service: 'orders', handles: 'event orders.cancelled' },
    ],
  },
}

const crashes: { readonly [Point in CrashPoint]: string } = {
  'crash before commit': 'no ghost message and no half a step after a crash before commit',
  'crash after commit': 'no second effect after a crash between commit and acknowledge',
  'crash after acknowledge': 'no zombie record after a crash before publish',
  'crash after publish': 'no second effect after a crash between publish and forget',
}

const mishaps: { readonly [Point in MishapPoint]: string } = {
  duplicate: 'no second effect of a duplicate',
  delay: 'no wait without end for a late message',
  reorder: 'no wrong turn when a message is overtaken',
  'drop acknowledgement': 'no second effect when an acknowledgement is lost',
}

type Ending = 'completed' | 'compensated'

interface Journey {
  readonly transactions: readonly At[]
  readonly messages: readonly (At & { readonly handles: MessageName })[]
}

type At = { readonly service: ShopServiceName } & ({ readonly handles: MessageName } | { readonly sends: MessageName })

export function faultScenarios(name: string, open: () => Promise<Place>): void {
  describe(name, () => {
    let shop: FaultyShop

    beforeAll(async () => {
      shop = new FaultyShop(await open())
      await shop.open()
    })
    afterAll(() => shop.close())
    afterEach(() => {
      expect(shop.planned, 'the fault has happened').toEqual([])
    })

    for (const ending of ['completed', 'compensated'] as const) {
      const { transactions, messages } = journeys[ending]
      for (const [point, rulesOut] of Object.entries(crashes) as [CrashPoint, string][]) {
        for (const at of transactions) {
          // A transaction that sends nothing has nothing to publish.
          if (point === 'crash after publish' && 'handles' in at) continue
          test(`${rulesOut}: ${textOf(at)}, order ${ending}`, () => shop.survives({ point, ...at }, ending))
        }
      }
      for (const [point, rulesOut] of Object.entries(mishaps) as [MishapPoint, string][]) {
        for (const at of messages) {
          test(`${rulesOut}: ${textOf(at)}, order ${ending}`, () => shop.survives({ point, ...at }, ending))
        }
      }
    }
  })
}

function textOf(at: At): string {
  return 'sends' in at ? `${at.service} sends ${at.sends}` : `${at.service} handles ${at.handles}`
}

/** A shop whose services die one by one and are made anew, each a process of its own. */
class FaultyShop {
  readonly #place: Place
  readonly #plan = faultPlan()
  readonly #world = new World()
  readonly #stores = new Map<ShopServiceName, Store<PgClient>>()
  readonly #services = new Map<ShopServiceName, Service<string, PgClient>>()
  #kept: { close(): Promise<void> }[] = []
  /** Pens that are reserved by the orders that completed. */
  #sold = 0

  constructor(place: Place) {
    this.#place = place
  }

  get planned(): readonly Fault[] {
    return this.#plan.planned
  }

  async open(): Promise<void> {
    for (const name of serviceNames) this.#stores.set(name, this.#place.store(name))
    // So that an embedded database stays open while none of its services lives.
    this.#kept = [...this.#stores.values()].map(store => store.open('keeper'))
    for (const name of serviceNames) await this.#start(name)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#services.values()].map(service => service.stop()))
    for (const kept of this.#kept) await kept.close()
    await this.#place.close()
  }

  /** Two orders at once, one fault, and whoever has died is started again: both end, and everything happened once. */
  async survives(fault: Fault, ending: Ending): Promise<void> {
    this.#world.noCarrier = ending === 'compensated'
    const happened = this.#plan.next(fault)
    const orders = [1, 2].map(() => ({ orderId: crypto.randomUUID(), sku: 'pen', quantity: 2, cents: 500 }))
    const placing = Promise.allSettled(orders.map(order => this.#placeOrder(order)))
    await happened
    if (fault.point.startsWith('crash')) await this.#restart(fault.service as ShopServiceName)
    else await placing

    for (const order of orders) if ((await this.#statusOf(order)) === undefined) await this.#placeOrder(order)
    for (const order of orders) {
      await expect.poll(() => this.#statusOf(order), { interval: 40 }).toBe(ending)
    }
    this.#sold += ending === 'completed' ? 4 : 0
    await this.#comesToRest()
    for (const order of orders) await this.#addsUp(order, ending)
    expect(await this.#sql('stock', "select free, held from stock where sku = 'pen'")).toEqual([
      { free: 1000 - this.#sold, held: this.#sold },
    ])
  }

  async #placeOrder(order: Order): Promise<void> {
    await this.#orders.transaction(tx => tx.publish(orderPlaced, order))
  }

  get #orders(): Service<string, PgClient> {
    return this.#services.get('orders')!
  }

  async #statusOf({ orderId }: Order): Promise<string | undefined> {
    return (await this.#orders.status(ordering, orderId))?.status
  }

  async #start(name: ShopServiceName): Promise<void> {
    const { store, transport } = faulty(
      { store: this.#stores.get(name)!, transport: this.#place.transport, wire: shopWire },
      this.#plan,
    )
    const started = shopService(name, {
      store: () => store,
      transport,
      world: this.#world,
      limits: { idleMs: 150, outboxLeaseMs: 200 },
    })
    this.#services.set(name, started)
    await started.start()
  }

  /** What the dead one held under a lease stays held; here the time of a lease passes at once. */
  async #restart(name: ShopServiceName): Promise<void> {
    await this.#sql(name, 'update makegood.outbox set claimed_until = now() where service = $1', [name])
    await this.#sql(
      name,
      'update makegood.inbox set leased_until = now() where service = $1 and leased_until > now()',
      [name],
    )
    await this.#start(name)
  }

  async #comesToRest(): Promise<void> {
    for (const service of this.#services.values()) {
      const left = async () => {
        const { outbox, parked, dead } = await service.queries.figures()
        return { outbox, parked, dead }
      }
      await expect.poll(left, { interval: 40 }).toEqual({ outbox: 0, parked: 0, dead: 0 })
    }
  }

  async #addsUp({ orderId }: Order, ending: Ending): Promise<void> {
    const rowsOf = async (service: ShopServiceName, text: string) =>
      (await this.#sql(service, text, [orderId])).map(row => Object.values(row).join(' ')).toSorted()
    const { sagaId } = (await this.#orders.status(ordering, orderId))!
    const isOfSaga = ([key]: readonly [string, number]) => key.startsWith(sagaId)
    const isCompleted = ending === 'completed'
    const books = async () => ({
      stock: await rowsOf('stock', 'select kind from stock_log where order_id = $1'),
      payments: await rowsOf('money', 'select status, cents from payments where order_id = $1'),
      parcels: await rowsOf('parcels', 'select order_id from parcels where order_id = $1'),
      order: await rowsOf('orders', 'select status from orders where id = $1'),
      charges: [...this.#world.charges].filter(isOfSaga).map(([, cents]) => cents),
      refunds: [...this.#world.refunds].filter(isOfSaga).map(([, cents]) => cents),
    })
    // The last event may still lie in a broker's queue.
    await expect.poll(books, { interval: 40 }).toEqual({
      stock: isCompleted ? ['reserve'] : ['release', 'reserve'],
      payments: [isCompleted ? 'charged 500' : 'refunded 500'],
      parcels: isCompleted ? [orderId] : [],
      order: [isCompleted ? 'completed' : 'cancelled'],
      charges: [500],
      refunds: isCompleted ? [] : [500],
    })
  }

  #sql(service: ShopServiceName, text: string, values?: unknown[]) {
    return this.#place.sql(service, text, values)
  }
}

const serviceNames = ['orders', 'stock', 'money', 'parcels'] as const
