import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import type { Database } from '../runner/database.ts'
import { answers, HttpFailure, succeeded, uuidParameter } from './http-envelope.ts'

/** GET /api/v1/orders/:order_id/<noun>: the one thing that a service keeps for an order. */
export function routeByOrder(app: FastifyInstance, database: Database, { noun, shape, find }: KeptForOrder): void {
  const name = noun.toLowerCase()
  app.get(
    `/api/v1/orders/:order_id/${name}`,
    {
      config: { failure: `${noun} retrieval failed` },
      schema: { tags: [name], summary: `The ${name} of an order`, response: answers(shape) },
    },
    async request => {
      const orderId = uuidParameter(request, 'order_id', 'Invalid order ID')
      const { rows } = await database.transaction(db => db.query<{ found: unknown }>(find, [orderId]))
      if (rows[0] === undefined) throw new HttpFailure(404, `${noun} not found`)
      return succeeded(request, `${noun} retrieved successfully`, rows[0].found)
    },
  )
}

export interface KeptForOrder {
  /** Payment, Shipment, Notification. */
  readonly noun: string
  readonly shape: TSchema
  /** Selects it as `found`, by the order's id. */
  readonly find: string
}
