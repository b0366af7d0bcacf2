import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PgClient, Service } from 'makegood'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { ToldOrder } from '../messages.ts'
import { Detail, notFound } from '../rest-server.ts'
import { readNewOrder } from './new-order.ts'
import { placeOrder, shownOrder } from './order-status.ts'

export function orderRoutes(app: FastifyInstance, orders: Service<string, PgClient>, database: Database): void {
  app.get('/api/v1/orders/', { schema: listing }, async () => {
    const { rows } = await database.transaction(db => db.query<{ order: ToldOrder }>(allOrders))
    return rows.map(({ order }) => order)
  })

  app.post('/api/v1/orders/', { schema: posting }, async (request, reply) => {
    const order = readNewOrder(request.body)
    const placed = await orders.transaction(tx => placeOrder(tx, order, correlationOf(request)))
    return reply.code(201).send(placed)
  })

  app.get<{ Params: { order_id: string } }>('/api/v1/orders/:order_id/', { schema: reading }, async ({ params }) => {
    if (!/^\d+$/.test(params.order_id)) throw notFound()
    const { rows } = await database.transaction(db => db.query<{ order: ToldOrder }>(orderNumbered, [params.order_id]))
    if (rows[0] === undefined) throw notFound()
    return rows[0].order
  })

  app.get('/api/v1/notifications/', { schema: listingNotifications }, async () => {
    const { rows } = await database.transaction(db => db.query(allNotifications))
    return rows
  })
}

/** What the gateway gave the request, or the request's own id: every message that follows carries it. */
function correlationOf({ headers, id }: FastifyRequest): string {
  const given = headers['x-correlation-id']
  return typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : id
}

const allOrders = `select ${shownOrder} from core_order order by order_id`

/** Compared as texts: whatever is asked for, it is an order's number or it is not. */
const orderNumbered = `select ${shownOrder} from core_order where order_id::text = $1`

const allNotifications = 'select order_id, customer_id, message, created from core_notification order by id'

// ── What the routes look like from outside ──────────────────────────────────────────────────────────────────────────

const TextOrNumber = Type.Union([Type.String({ minLength: 1, maxLength: 20 }), Type.Number()])

const posting = {
  tags: ['orders'],
  summary: 'Place an order',
  body: Type.Object({
    customer_id: TextOrNumber,
    product_id: TextOrNumber,
    amount: TextOrNumber,
    quantity: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
  }),
  response: {
    201: ToldOrder,
    400: Type.Union([Type.Record(Type.String(), Type.Array(Type.String())), Detail]),
    415: Detail,
  },
}

const listing = { tags: ['orders'], summary: 'All orders', response: { 200: Type.Array(ToldOrder) } }

const reading = { tags: ['orders'], summary: 'One order', response: { 200: ToldOrder, 404: Detail } }

const Notification = Type.Object({
  order_id: Type.Integer(),
  customer_id: Type.String(),
  message: Type.String(),
  created: Type.String({ format: 'date-time' }),
})

const listingNotifications = {
  tags: ['notifications'],
  summary: 'What customers were told',
  response: { 200: Type.Array(Notification) },
}
