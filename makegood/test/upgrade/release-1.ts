import {
  cloudEventsWire,
  command,
  event,
  type Hosted,
  handlersFor,
  type MysqlClient,
  type PgClient,
  saga,
} from 'makegood'
import { z } from 'zod'

// The first release of a small shop. What the second one changes is in `release-2.ts`.

const Order = z.object({ orderId: z.string(), pieces: z.int() })

export const ordered = event('shop.ordered', { payload: Order })
export const reserve = command('warehouse.reserve', { payload: Order, failures: { SOLD_OUT: z.object({}) } })
export const release = command('warehouse.release', { payload: Order })
export const ship = command('carrier.ship', {
  payload: z.object({ orderId: z.string() }),
  failures: { NO_CARRIER: z.object({}) },
})

export const order = saga('order', { version: 1, data: Order })
  .startsOn(ordered, { key: ({ orderId }) => orderId, data: placed => placed })
  .compensatable('reserve', reserve, {
    payload: placed => placed,
    compensation: { command: release, payload: placed => placed },
  })
  .pivot('ship', ship, { payload: ({ orderId }) => ({ orderId }) })
  .ends()

const { handle } = handlersFor<MysqlClient>()

const warehouse: readonly Hosted<MysqlClient>[] = [
  handle(
    reserve,
    async ({ orderId, pieces }, { tx, succeed, fail }) => {
      const [done] = await tx.db.query('update stock set free = free - ? where free >= ?', [pieces, pieces])
      if ((done as { affectedRows: number }).affectedRows === 0) return fail('SOLD_OUT', {})
      await tx.db.query('insert into reserved (order_id, pieces) values (?, ?)', [orderId, pieces])
      return succeed()
    },
    { keys: () => ['stock'] },
  ),
  handle(
    release,
    async ({ orderId, pieces }, { tx, succeed }) => {
      await tx.db.query('update stock set free = free + ?', [pieces])
      await tx.db.query('delete from reserved where order_id = ?', [orderId])
      return succeed()
    },
    { keys: () => ['stock'] },
  ),
]

const hosts: Hosts = { sales: [order], warehouse }

export const shop: Release = { hosts, tables: [], wire: wireFor(hosts) }

// ── What both releases are made of ──────────────────────────────────────────────────────────────────────────────────

export interface Hosts {
  readonly sales: readonly Hosted<PgClient>[]
  readonly warehouse: readonly Hosted<MysqlClient>[]
}

export interface Release {
  readonly hosts: Hosts
  /** What this release changes in the warehouse's own tables: only additions, so that the one before can go on. */
  readonly tables: readonly string[]
  readonly wire: ReturnType<typeof cloudEventsWire>
}

export function wireFor({ sales, warehouse }: Hosts): Release['wire'] {
  return cloudEventsWire({
    exchange: 'upgrade',
    services: [
      { name: 'sales', hosts: sales as readonly Hosted<never>[] },
      { name: 'warehouse', hosts: warehouse as readonly Hosted<never>[] },
      { name: 'carrier', hosts: [shipping(async () => {})] as readonly Hosted<never>[] },
    ],
  })
}

/** The carrier is the same in both. It refuses every tenth order. */
export function shipping(note: (orderId: string, db: PgClient) => Promise<unknown>): Hosted<PgClient> {
  return handlersFor<PgClient>().handle(ship, async ({ orderId }, { tx, succeed, fail }) => {
    if (orderId.endsWith('9')) return fail('NO_CARRIER', {})
    await note(orderId, tx.db)
    return succeed()
  })
}
