import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { anyInteger, HttpRefusal, read } from '../../runner/fastapi/fields.ts'
import { Page, pageFields } from '../../runner/fastapi/page.ts'
import { answers } from '../../runner/fastapi/server.ts'
import { NewOrder } from '../messages.ts'
import { Told } from '../resource.ts'
import { idempotencyKeyIn, isSameOrder, keyReused, readNewOrder } from './new-order.ts'
import { deleteOrder, enterOrder, enterOrderOf, findOrder, listOrders, Order } from './order-queries.ts'

export function orderRoutes(app: FastifyInstance, database: Database): void {
  app.post('/orders', { schema: entering }, async ({ body, headers }) => {
    const wanted = readNewOrder(body)
    const sagaId = idempotencyKeyIn(headers)
    return database.transaction(async db => {
      if (sagaId === undefined) return enterOrder(db, wanted)
      const order = await enterOrderOf(db, sagaId, wanted)
      if (!isSameOrder(order, wanted)) throw keyReused()
      return order
    })
  })

  app.get<Asked>('/orders', { schema: listing }, ({ query }) => {
    const { skip, limit } = read('query', query, pageFields)
    return database.transaction(db => listOrders(db, skip, limit))
  })

  app.get<Asked>('/orders/:order_id', { schema: reading }, async ({ params }) => {
    const { order_id } = read('path', params, { order_id: anyInteger })
    const order = await database.transaction(db => findOrder(db, order_id))
    if (order === undefined) throw new HttpRefusal(404, 'Order not found')
    return order
  })

  app.delete<Asked>('/orders/:order_id', { schema: removing }, async ({ params }) => {
    const { order_id } = read('path', params, { order_id: anyInteger })
    const outcome = await database.transaction(db => deleteOrder(db, order_id))
    if (outcome === 'not found') throw new HttpRefusal(404, 'Order not found')
    if (outcome === 'under way') throw new HttpRefusal(409, 'The saga of this order is still running')
    return { message: 'Order deleted successfully' }
  })
}

interface Asked {
  readonly Querystring: Record<string, unknown>
  readonly Params: Record<string, unknown>
}

// ── What the routes look like from outside ──────────────────────────────────────────────────────────────────────────

const tags = ['orders']
const numbered = Type.Object({ order_id: Type.Integer() })

const entering = {
  tags,
  summary: 'Enter an order; nothing ends it but the saga whose id is its key',
  headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
  body: NewOrder,
  response: answers(Order),
}

const listing = { tags, summary: 'Orders', querystring: Page, response: answers(Type.Array(Order)) }

const reading = { tags, summary: 'One order', params: numbered, response: answers(Order) }

const removing = {
  tags,
  summary: 'Remove an order; not while its saga is running',
  params: numbered,
  response: answers(Told),
}
