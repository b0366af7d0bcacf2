import type { FastifyInstance } from 'fastify'
import type { PgClient, Service } from 'makegood'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { answers, Refusal } from '../spring-server.ts'
import { readNewOrder, readUuid } from './new-order.ts'
import { findOrder, listOrders, type OrderRow } from './order-queries.ts'
import type { OrderSql } from './order-sql.ts'
import { placeOnce } from './place-order.ts'

export function orderRoutes(
  app: FastifyInstance,
  orders: Service<string, PgClient>,
  database: Database,
  sql: OrderSql,
): void {
  app.post('/api/v1/orders', { schema: posting }, async ({ body }) => {
    const { id, user_id, product_id, price_cents, status } = await placeOnce(orders, sql, readNewOrder(body))
    return { id, userId: user_id, productId: product_id, price: price_cents / 100, status }
  })

  app.get('/api/v1/orders', { schema: listing }, async () => {
    const listed = await database.transaction(db => listOrders(db, sql, listedMax))
    return listed.map(asListed)
  })

  app.get<{ Params: { id: string } }>('/api/v1/orders/:id', { schema: reading }, async ({ params }) => {
    const id = readUuid(params.id)
    if (id === undefined) throw new Refusal(400, 'id must be a UUID')
    const order = await database.transaction(db => findOrder(db, sql, id))
    if (order === undefined) throw new Refusal(404, `There is no order ${id}`)
    return asListed(order)
  })
}

const listedMax = 1_000

/** The documented list calls things by other names than the documented answer to a new order. */
function asListed({ id, user_id, product_id, price_cents, status }: OrderRow) {
  return { userID: user_id, productID: product_id, orderID: id, amount: price_cents / 100, status }
}

// ── What the routes look like from outside ──────────────────────────────────────────────────────────────────────────

const OrderId = Type.String({ format: 'uuid' })
const Status = Type.Enum(['ORDER_CREATED', 'ORDER_COMPLETED', 'ORDER_CANCELLED'])

const Placed = Type.Object({
  id: OrderId,
  userId: Type.Integer(),
  productId: Type.Integer(),
  price: Type.Number(),
  status: Status,
})

const Listed = Type.Object({
  userID: Type.Integer(),
  productID: Type.Integer(),
  orderID: OrderId,
  amount: Type.Number(),
  status: Status,
})

const posting = {
  tags: ['orders'],
  summary: 'Order one piece of a product; with an orderID it may be sent again',
  body: Type.Object({ userID: Type.Integer(), productID: Type.Integer(), orderID: Type.Optional(OrderId) }),
  response: answers(Placed),
}

const listing = {
  tags: ['orders'],
  summary: 'The last 1 000 orders, newest first',
  response: answers(Type.Array(Listed)),
}

const reading = {
  tags: ['orders'],
  summary: 'One order',
  params: Type.Object({ id: OrderId }),
  response: answers(Listed),
}
