import { z } from 'zod'
import { cloudEventsWire } from '../../src/engine/cloud-events-wire.ts'
import {
  command,
  event,
  type Hosted,
  handlersFor,
  type LimitOptions,
  type Log,
  type PgClient,
  type Service,
  type Store,
  saga,
  service,
  type Transport,
  type Wire,
} from '../../src/makegood.ts'

// A shop of three participants and an orchestrator, small enough to be read in a minute and real enough to lose money.

export const Order = z.object({ orderId: z.string(), sku: z.string(), quantity: z.int().positive(), cents: z.int() })
export type Order = z.infer<typeof Order>

export const reserve = command('stock.reserve', {
  payload: z.object({ orderId: z.string(), sku: z.string(), quantity: z.int() }),
  reply: z.object({ reserved: z.int() }),
  failures: { INSUFFICIENT_STOCK: z.object({ available: z.int() }) },
})
export const release = command('stock.release', {
  payload: z.object({ orderId: z.string(), sku: z.string(), quantity: z.int() }),
})
export const charge = command('money.charge', {
  payload: z.object({ orderId: z.string(), cents: z.int() }),
  reply: z.object({ transaction: z.string() }),
  failures: { DECLINED: z.object({ reason: z.string() }) },
})
export const refund = command('money.refund', {
  payload: z.object({ orderId: z.string(), transaction: z.string().optional(), cents: z.int() }),
})
export const ship = command('parcels.ship', {
  payload: z.object({ orderId: z.string() }),
  reply: z.object({ parcel: z.string() }),
  failures: { NO_CARRIER: z.object({}) },
})
export const unship = command('parcels.cancel', { payload: z.object({ orderId: z.string() }) })
export const orderPlaced = event('orders.placed', { payload: Order })
export const orderCompleted = event('orders.completed', { payload: z.object({ orderId: z.string() }) })
export const orderCancelled = event('orders.cancelled', {
  payload: z.object({ orderId: z.string(), reason: z.string() }),
})

export const ordering = saga('ordering', { version: 1, data: Order })
  .startsOn(orderPlaced, { key: order => order.orderId, data: order => order })
  .compensatable('stock', reserve, {
    payload: ({ orderId, sku, quantity }) => ({ orderId, sku, quantity }),
    compensation: { command: release, payload: ({ orderId, sku, quantity }) => ({ orderId, sku, quantity }) },
  })
  .compensatable('money', charge, {
    payload: ({ orderId, cents }) => ({ orderId, cents }),
    compensation: {
      command: refund,
      payload: ({ orderId, cents }, { money }) => ({ orderId, cents, transaction: money.transaction }),
      inDoubt: ({ orderId, cents }) => ({ orderId, cents }),
    },
  })
  .compensatable('parcel', ship, {
    payload: ({ orderId }) => ({ orderId }),
    compensation: { command: unship, payload: ({ orderId }) => ({ orderId }) },
  })
  .ends({
    completed: { event: orderCompleted, payload: ({ orderId }) => ({ orderId }) },
    compensated: { event: orderCancelled, payload: ({ orderId }, cause) => ({ orderId, reason: cause.code }) },
  })

/** How the world outside behaves; tests change it while the shop runs. */
export class World {
  declined = false
  noCarrier = false
  /** Thrown by the stock handler instead of an answer, as long as there are any. */
  stockErrors: Error[] = []
  /** What the provider was asked, by idempotency key. */
  readonly charges = new Map<string, number>()
  readonly refunds = new Map<string, number>()
  calls = 0
  providerMs = 0
  providerDown = false
}

const { handle, callThenRecord, on } = handlersFor<PgClient>()

export function stockHosts(world: World): readonly Hosted<PgClient>[] {
  return [
    handle(
      reserve,
      async ({ orderId, sku, quantity }, { tx, succeed, fail }) => {
        const error = world.stockErrors.shift()
        const { rows } = await tx.db.query<{ free: number }>('select free from stock where sku = $1 for update', [sku])
        const isEnough = (rows[0]?.free ?? 0) >= quantity
        if (isEnough) {
          await tx.db.query('update stock set free = free - $2, held = held + $2 where sku = $1', [sku, quantity])
        }
        await tx.db.query('insert into stock_log (order_id, kind) values ($1, $2)', [orderId, 'reserve'])
        if (error !== undefined) throw error
        return isEnough ? succeed({ reserved: quantity }) : fail('INSUFFICIENT_STOCK', { available: 0 })
      },
      { keys: ({ sku }) => [sku] },
    ),
    handle(
      release,
      async ({ orderId, sku, quantity }, { tx, succeed }) => {
        await tx.db.query('update stock set free = free + $2, held = held - $2 where sku = $1', [sku, quantity])
        await tx.db.query('insert into stock_log (order_id, kind) values ($1, $2)', [orderId, 'release'])
        return succeed()
      },
      { keys: ({ sku }) => [sku] },
    ),
  ]
}

export function moneyHosts(world: World): readonly Hosted<PgClient>[] {
  return [
    callThenRecord(charge, {
      call: async ({ cents }, { key }) => {
        world.calls += 1
        if (world.providerMs > 0) await new Promise(resolve => setTimeout(resolve, world.providerMs))
        if (world.providerDown) throw new Error('The provider is down.')
        if (!world.declined) world.charges.set(key, cents)
        return world.declined ? ('declined' as const) : key
      },
      callsMax: 64,
      record: async (result, { payload, tx, succeed, fail }) => {
        if (result === 'declined') {
          return fail(
            'DECLINED',
            { reason: 'Insufficient funds' },
            {
              record: tx =>
                tx.db.query('insert into payments (order_id, cents, status) values ($1, 0, $2)', [
                  payload.orderId,
                  'declined',
                ]),
            },
          )
        }
        await tx.db.query('insert into payments (order_id, cents, status) values ($1, $2, $3)', [
          payload.orderId,
          payload.cents,
          'charged',
        ])
        return succeed({ transaction: result })
      },
    }),
    callThenRecord(refund, {
      call: async ({ cents }, { key }) => {
        world.refunds.set(key, cents)
        return key
      },
      record: async (_result, { payload, tx, succeed }) => {
        await tx.db.query("update payments set status = 'refunded' where order_id = $1", [payload.orderId])
        return succeed()
      },
    }),
  ]
}

export function parcelHosts(world: World): readonly Hosted<PgClient>[] {
  return [
    handle(ship, async ({ orderId }, { tx, succeed, fail }) => {
      await tx.db.query('insert into parcels (order_id) values ($1)', [orderId])
      return world.noCarrier ? fail('NO_CARRIER', {}) : succeed({ parcel: `P-${orderId}` })
    }),
    handle(unship, async ({ orderId }, { tx, succeed }) => {
      await tx.db.query('delete from parcels where order_id = $1', [orderId])
      return succeed()
    }),
  ]
}

export const orderHosts: readonly Hosted<PgClient>[] = [
  on(orderCompleted, async ({ orderId }, { tx }) => {
    await close(tx.db, orderId, 'completed')
  }),
  on(orderCancelled, async ({ orderId }, { tx }) => {
    await close(tx.db, orderId, 'cancelled')
  }),
]

async function close(db: PgClient, orderId: string, status: string): Promise<void> {
  await db.query('delete from orders where id = $1', [orderId])
  await db.query('insert into orders (id, status) values ($1, $2)', [orderId, status])
}

/** In words that PostgreSQL and MySQL both know, as everything that the handlers say. */
export const shopTables = [
  'create table if not exists stock (sku varchar(100) primary key, free int not null check (free >= 0), held int not null default 0)',
  `insert into stock
   select * from (select 'pen' as sku, 1000 as free, 0 as held union all select 'ink', 3, 0) as first
   where not exists (select 1 from stock)`,
  'create table if not exists stock_log (order_id varchar(100), kind varchar(100))',
  'create table if not exists payments (order_id varchar(100), cents int, status varchar(100))',
  'create table if not exists parcels (order_id varchar(100) primary key)',
  'create table if not exists orders (id varchar(100) primary key, status varchar(100))',
]

export interface Shop {
  readonly world: World
  readonly orders: Service<'orders', PgClient>
  readonly services: readonly Service<string, PgClient>[]
  start(): Promise<void>
  stop(): Promise<void>
}

export interface ShopOptions {
  readonly store: (service: string) => Store<PgClient>
  readonly transport: Transport
  readonly limits?: LimitOptions
  readonly log?: Log
  readonly world?: World
  readonly wire?: Wire
}

/** The orchestrator lives in `orders`, beside the orders themselves. */
const hostsOf = {
  orders: (_world: World) => [...orderHosts, ordering],
  stock: stockHosts,
  money: moneyHosts,
  parcels: parcelHosts,
}

export type ShopServiceName = keyof typeof hostsOf

const wireWorld = new World()

export const shopWire = cloudEventsWire({
  services: Object.entries(hostsOf).map(([name, hosts]) => ({
    name,
    hosts: hosts(wireWorld) as readonly Hosted<never>[],
  })),
})

/** One service of the shop by itself: tests that end one make it anew with this. */
export function shopService<const Name extends ShopServiceName>(
  name: Name,
  { store, transport, limits = {}, log, world = new World(), wire = shopWire }: ShopOptions,
): Service<Name, PgClient> {
  return service(name, {
    store: store(name),
    transport,
    hosts: hostsOf[name](world),
    wire,
    limits: { idleMs: 50, ...limits },
    ...(log === undefined ? {} : { log }),
  })
}

export function shop({ world = new World(), ...options }: ShopOptions): Shop {
  const orders = shopService('orders', { ...options, world })
  const others = (['stock', 'money', 'parcels'] as const).map(name => shopService(name, { ...options, world }))
  const services = [orders, ...others]
  return {
    world,
    orders,
    services,
    start: async () => {
      await Promise.all(services.map(each => each.start()))
    },
    stop: async () => {
      await Promise.all(services.map(each => each.stop()))
    },
  }
}
