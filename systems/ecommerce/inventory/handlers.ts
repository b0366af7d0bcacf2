import { randomUUID } from 'node:crypto'
import { type Handler, handlersFor, type PgClient } from 'makegood'
import { type Item, type Reservation, releaseStock, reserveStock } from '../messages.ts'

const { handle } = handlersFor<PgClient>()

/** Reserves all items of an order or none, and gives them back. */
export const inventoryHandlers: Handler<PgClient>[] = [
  handle(
    reserveStock,
    async ({ order_id, items }, { tx, message, succeed, fail }) => {
      const ids = items.map(item => item.product_id)
      const quantities = items.map(item => item.quantity)
      const prices = items.map(item => item.price)
      const { rows: raised } = await tx.db.query(raiseReservedStock, [ids, quantities, prices])
      if (raised.length < new Set(ids).size) {
        const { rows: products } = await tx.db.query<Product>(productsNamed, [ids])
        const { code, product_id, reason } = whyNot(items, products)
        return fail(code, { order_id, product_id, reason })
      }
      const { rows } = await tx.db.query<{ reservation: Reservation }>(enterReservations, [
        items.map(() => randomUUID()),
        ids,
        quantities,
        order_id,
        message.sagaId,
      ])
      return succeed({ reservations: rows.map(row => row.reservation) })
    },
    { keys: ({ items }) => items.map(item => item.product_id) },
  ),

  handle(
    releaseStock,
    async ({ order_id }, { tx, message, succeed }) => {
      const { rows } = await tx.db.query<{ id: string }>(releaseReservations, [order_id, message.sagaId])
      return succeed({ order_id, reservation_ids: rows.map(row => row.id) })
    },
    { keys: ({ product_ids = [] }) => product_ids },
  ),
]

interface Product {
  readonly id: string
  readonly price: number
  readonly available: number
}

/** The first item that stands in the way, as a customer would go through them. */
function whyNot(items: readonly Item[], products: readonly Product[]) {
  for (const { product_id, price } of items) {
    const product = products.find(({ id }) => id === product_id)
    if (product === undefined) return { code: 'PRODUCT_NOT_FOUND', product_id, reason: 'Product not found' } as const
    if (product.price !== price) return { code: 'PRICE_MISMATCH', product_id, reason: 'Price mismatch' } as const
    const wanted = items.filter(item => item.product_id === product_id).reduce((sum, { quantity }) => sum + quantity, 0)
    if (product.available < wanted)
      return { code: 'INSUFFICIENT_STOCK', product_id, reason: 'Insufficient stock' } as const
  }
  throw new Error(
    'Stock was refused although there is enough of every product at its price: it has just come back. Try again.',
  )
}

/** Raises nothing for a product that has too little, costs something else or does not exist: then a row is missing. */
const raiseReservedStock = `
  update products
  set reserved_stock = reserved_stock + wanted.quantity
  from (
    select product_id, sum(quantity) as quantity, min(price) as lowest, max(price) as highest
    from unnest($1::uuid[], $2::integer[], $3::numeric[]) as item (product_id, quantity, price)
    group by product_id
  ) as wanted
  where products.id = wanted.product_id
    and products.stock - products.reserved_stock >= wanted.quantity
    and wanted.lowest = products.price
    and wanted.highest = products.price
  returning products.id
`

const productsNamed = `
  select id, price::float8 as price, stock - reserved_stock as available
  from products
  where id = any($1::uuid[])
`

const enterReservations = `
  insert into inventory_reservations (id, product_id, quantity, order_id, saga_id, status)
  select id, product_id, quantity, $4, $5, 'reserved'
  from unnest($1::uuid[], $2::uuid[], $3::integer[]) as item (id, product_id, quantity)
  returning json_build_object(
    'id', id, 'order_id', order_id, 'product_id', product_id, 'quantity', quantity, 'status', status,
    'reserved_at', reserved_at, 'expires_at', expires_at, 'updated_at', updated_at
  ) as reservation
`

const releaseReservations = `
  with released as (
    update inventory_reservations
    set status = 'released', updated_at = now()
    where order_id = $1 and saga_id = $2 and status = 'reserved'
    returning id, product_id, quantity
  ), lowered as (
    update products
    set reserved_stock = reserved_stock - returned.quantity
    from (select product_id, sum(quantity) as quantity from released group by product_id) as returned
    where products.id = returned.product_id
  )
  select id from released
`
