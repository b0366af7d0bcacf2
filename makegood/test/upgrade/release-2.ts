import { command, event, type Hosted, handlersFor, type MysqlClient, older, readingOlder, saga } from 'makegood'
import { z } from 'zod'
import { type Hosts, type Release, ship, wireFor } from './release-1.ts'

// The second release: an order says what of, orders are packed before they are shipped, and the table has a column more.

const FirstOrder = z.object({ orderId: z.string(), pieces: z.int() })
const Order = z.object({ orderId: z.string(), sku: z.string(), quantity: z.int() })
const payload = readingOlder(
  Order,
  older(FirstOrder, ({ orderId, pieces }) => ({ orderId, sku: 'pen', quantity: pieces })),
)

const ordered = event('shop.ordered', { payload })
const reserve = command('warehouse.reserve', { payload, failures: { SOLD_OUT: z.object({}) } })
const release = command('warehouse.release', { payload })
const pack = command('warehouse.pack', { payload: z.object({ orderId: z.string() }) })
const unpack = command('warehouse.unpack', { payload: z.object({ orderId: z.string() }) })

const second = saga('order', { version: 2, data: Order })
const first = saga('order', { version: 1, data: FirstOrder })

/** While orders of both versions are in flight both are hosted; new ones begin in the first or in the second. */
const sagasBeginning = (version: string) => {
  const key = ({ orderId }: z.infer<typeof Order>) => orderId
  const newOnes =
    version === '1'
      ? {
          first: first.startsOn(ordered, { key, data: ({ orderId, quantity }) => ({ orderId, pieces: quantity }) }),
          second,
        }
      : { first, second: second.startsOn(ordered, { key, data: placed => placed }) }
  const asNow = ({ orderId, pieces }: z.infer<typeof FirstOrder>) => ({ orderId, sku: 'pen', quantity: pieces })
  return [
    newOnes.first
      .compensatable('reserve', reserve, { payload: asNow, compensation: { command: release, payload: asNow } })
      .pivot('ship', ship, { payload: ({ orderId }) => ({ orderId }) })
      .ends(),
    newOnes.second
      .compensatable('reserve', reserve, {
        payload: placed => placed,
        compensation: { command: release, payload: placed => placed },
      })
      .compensatable('pack', pack, {
        payload: ({ orderId }) => ({ orderId }),
        compensation: { command: unpack, payload: ({ orderId }) => ({ orderId }) },
      })
      .pivot('ship', ship, { payload: ({ orderId }) => ({ orderId }) })
      .ends(),
  ]
}

const { handle } = handlersFor<MysqlClient>()

const warehouse: readonly Hosted<MysqlClient>[] = [
  handle(
    reserve,
    async ({ orderId, sku, quantity }, { tx, succeed, fail }) => {
      const [done] = await tx.db.query('update stock set free = free - ? where free >= ?', [quantity, quantity])
      if ((done as { affectedRows: number }).affectedRows === 0) return fail('SOLD_OUT', {})
      await tx.db.query('insert into reserved (order_id, sku, pieces) values (?, ?, ?)', [orderId, sku, quantity])
      return succeed()
    },
    { keys: () => ['stock'] },
  ),
  handle(
    release,
    async ({ orderId, quantity }, { tx, succeed }) => {
      await tx.db.query('update stock set free = free + ?', [quantity])
      await tx.db.query('delete from reserved where order_id = ?', [orderId])
      return succeed()
    },
    { keys: () => ['stock'] },
  ),
  handle(
    pack,
    async ({ orderId }, { tx, succeed }) => {
      await tx.db.query('insert into packed (order_id) values (?)', [orderId])
      return succeed()
    },
    { keys: ({ orderId }) => [orderId] },
  ),
  handle(
    unpack,
    async ({ orderId }, { tx, succeed }) => {
      await tx.db.query('delete from packed where order_id = ?', [orderId])
      return succeed()
    },
    { keys: ({ orderId }) => [orderId] },
  ),
]

const hosts: Hosts = { sales: sagasBeginning(process.env['NEW_ORDERS'] ?? '2'), warehouse }

export const shop: Release = {
  hosts,
  tables: [
    "alter table reserved add column sku varchar(100) not null default 'pen'",
    'create table packed (order_id varchar(100) primary key)',
  ],
  wire: wireFor(hosts),
}
