import type { FastifyInstance } from 'fastify'
import type { PgClient, Service } from 'makegood'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { answers, HttpFailure, succeeded, uuidParameter } from '../http-envelope.ts'
import { Address, Item } from '../messages.ts'
import { SagaView } from '../orchestrator/saga-view.ts'
import { itemsMax, readNewOrder } from './new-order.ts'
import { findOrder, ordersOfCustomer } from './order-queries.ts'
import { place, placeOnce } from './place-order.ts'
import type { SagaReader } from './saga-reader.ts'

export function orderRoutes(
  app: FastifyInstance,
  orders: Service<string, PgClient>,
  database: Database,
  readSaga: SagaReader,
): void {
  app.post(
    '/api/v1/orders',
    { config: { failure: 'Order creation failed' }, schema: posting },
    async (request, reply) => {
      const order = readNewOrder(request.body)
      const key = idempotencyKey(request.headers['idempotency-key'])
      const placed = await orders.transaction(tx => (key === undefined ? place(tx, order) : placeOnce(tx, order, key)))
      reply.code(201)
      return succeeded(request, 'Order created successfully', placed)
    },
  )

  app.get('/api/v1/orders/:id', { config: { failure: 'Order retrieval failed' }, schema: reading }, async request => {
    const id = uuidParameter(request, 'id', 'Invalid order ID')
    return succeeded(request, 'Order retrieved successfully', await found(id))
  })

  app.get<{ Querystring: { page?: unknown; limit?: unknown } }>(
    '/api/v1/customers/:customer_id/orders',
    { config: { failure: 'Orders retrieval failed' }, schema: listing },
    async request => {
      const customerId = uuidParameter(request, 'customer_id', 'Invalid customer ID')
      const page = wholeNumber(request.query.page, 1_000_000_000) ?? 1
      const limit = wholeNumber(request.query.limit, 100) ?? 10
      const { orders: listed, total } = await database.transaction(db => ordersOfCustomer(db, customerId, page, limit))
      const pagination = { page, limit, total, has_more: page * limit < total }
      return succeeded(request, 'Orders retrieved successfully', { orders: listed, pagination })
    },
  )

  app.get(
    '/api/v1/orders/:id/saga',
    { config: { failure: 'Saga retrieval failed' }, schema: watching },
    async request => {
      const order = await found(uuidParameter(request, 'id', 'Invalid order ID'))
      return succeeded(request, 'Saga retrieved successfully', await readSaga(order, request.id))
    },
  )

  async function found(id: string) {
    const order = await database.transaction(db => findOrder(db, id))
    if (order === undefined) throw new HttpFailure(404, 'Order not found', { order_id: id })
    return order
  }
}

function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header
  throw new HttpFailure(400, 'Invalid Idempotency-Key', {
    header: 'Idempotency-Key',
    wanted: '1 to 255 printable characters',
  })
}

/** From 1 to `max`; anything else is as if it were not there. */
function wholeNumber(text: unknown, max: number): number | undefined {
  const value = typeof text === 'string' && /^\d{1,10}$/.test(text) ? Number(text) : 0
  return value >= 1 && value <= max ? value : undefined
}

// ── What the routes look like from outside ──────────────────────────────────────────────────────────────────────────

const Uuid = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })

const NewOrderBody = Type.Object({
  customer_id: Uuid,
  items: Type.Array(Item, { minItems: 1, maxItems: itemsMax }),
  shipping_address: Address,
})

const OrderAnswer = Type.Object({
  id: Uuid,
  customer_id: Uuid,
  items: Type.Array(Item),
  total_amount: Type.Number(),
  status: Type.Enum(['pending', 'processing', 'completed', 'cancelled', 'failed']),
  shipping_address: Address,
  saga_id: Uuid,
  failure_reason: Type.Optional(Type.String()),
  created_at: Time,
  updated_at: Time,
})

const posting = {
  tags: ['orders'],
  summary: 'Place an order',
  headers: Type.Object({
    'idempotency-key': Type.Optional(Type.String({ maxLength: 255, description: 'The same key, the same order.' })),
  }),
  body: NewOrderBody,
  response: answers(OrderAnswer, 201),
}

const reading = { tags: ['orders'], summary: 'One order', response: answers(OrderAnswer) }

const listing = {
  tags: ['orders'],
  summary: "A customer's orders, newest first",
  querystring: Type.Object({
    page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10 })),
  }),
  response: answers(
    Type.Object({
      orders: Type.Array(OrderAnswer),
      pagination: Type.Object({
        page: Type.Integer(),
        limit: Type.Integer(),
        total: Type.Integer(),
        has_more: Type.Boolean(),
      }),
    }),
  ),
}

const watching = { tags: ['orders'], summary: "The way of an order's saga", response: answers(SagaView) }
