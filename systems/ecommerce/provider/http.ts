import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { answers, HttpFailure, isUuid, succeeded } from '../http-envelope.ts'

/** The provider's books, for whoever counts what was really charged, shipped and sent. */
export function providerRoutes(app: FastifyInstance, books: Database): void {
  app.get<{ Querystring: { order_id?: string } }>(
    '/api/v1/provider/requests',
    {
      config: { failure: 'Provider requests retrieval failed' },
      schema: {
        tags: ['provider'],
        summary: 'What the simulated provider was asked for an order',
        querystring: Type.Object({ order_id: Type.String({ format: 'uuid' }) }),
        response: answers(Type.Array(ProviderRequest)),
      },
    },
    async request => {
      const { order_id = '' } = request.query
      if (!isUuid(order_id)) throw new HttpFailure(400, 'Invalid order ID', { order_id })
      const { rows } = await books.transaction(db => db.query<{ request: unknown }>(requestsOfOrder, [order_id]))
      return succeeded(
        request,
        'Provider requests retrieved successfully',
        rows.map(row => row.request),
      )
    },
  )
}

const ProviderRequest = Type.Object({
  key: Type.String(),
  kind: Type.Enum(['charge', 'refund', 'shipment', 'cancellation', 'notification']),
  order_id: Type.String({ format: 'uuid' }),
  amount: Type.Number(),
  outcome: Type.Enum(['done', 'refused']),
  reference: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  requested_at: Type.String({ format: 'date-time' }),
})

const requestsOfOrder = `
  select json_strip_nulls(to_json(provider_requests)) as request
  from provider_requests
  where order_id = $1
  order by requested_at, key
`
