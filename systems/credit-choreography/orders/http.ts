import type { FastifyInstance } from 'fastify'
import type { PgClient, Service } from 'makegood'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { anyInteger, HttpRefusal, read } from '../../runner/fastapi/fields.ts'
import { Page, pageFields } from '../../runner/fastapi/page.ts'
import { answers } from '../../runner/fastapi/server.ts'
import { orderStatuses } from '../messages.ts'
import { readNewOrder } from './new-order.ts'
import { findOrder, listOrders, Order } from './order-queries.ts'
import { place } from './place-order.ts'

export function orderRoutes(app: FastifyInstance, orders: Service<string, PgClient>, database: Database): void {
  app.post('/orders/', { schema: posting }, ({ body }) => {
    const wanted = readNewOrder(body)
    return orders.transaction(tx => place(tx, wanted))
  })

  app.get<{ Querystring: Record<string, unknown> }>('/orders/', { schema: listing }, ({ query }) => {
    const { skip, limit } = read('query', query, pageFields)
    return database.transaction(db => listOrders(db, skip, limit))
  })

  app.get<{ Params: Record<string, unknown> }>('/orders/:order_id', { schema: reading }, async ({ params }) => {
    const { order_id } = read('path', params, { order_id: anyInteger })
    const order = await database.transaction(db => findOrder(db, order_id))
    if (order === undefined) throw new HttpRefusal(404, 'Order not found')
    return order
  })

  app.get('/products/', { schema: browsing }, async () => {
    const { rows } = await database.transaction(db => db.query<{ product: unknown }>(products))
    return rows.map(row => row.product)
  })
}

const products = `
  select json_build_object(
    'id', id, 'name', name, 'description', description, 'price', price_cents / 100.0, 'stock', stock
  ) as product
  from products
  order by id
`

// ── What the routes look like from outside ──────────────────────────────────────────────────────────────────────────

const posting = {
  tags: ['orders'],
  summary: 'Place an order; whatever its status says, it begins as pending',
  body: Type.Object({
    customer_id: Type.Integer(),
    product_id: Type.Integer(),
    status: Type.Enum([...orderStatuses]),
    quantity: Type.Integer({ minimum: 1 }),
    total_price: Type.Number({ minimum: 0 }),
  }),
  response: answers(Order),
}

const listing = {
  tags: ['orders'],
  summary: 'Orders, newest first',
  querystring: Page,
  response: answers(Type.Array(Order)),
}

const reading = {
  tags: ['orders'],
  summary: 'One order',
  params: Type.Object({ order_id: Type.Integer() }),
  response: answers(Order),
}

const Product = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  description: Type.Union([Type.String(), Type.Null()]),
  price: Type.Number(),
  stock: Type.Integer(),
})

const browsing = { tags: ['products'], summary: 'What may be ordered', response: answers(Type.Array(Product)) }
