import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { endpoint } from '../rest-server.ts'

export function stockRoutes(app: FastifyInstance, database: Database): void {
  endpoint(app, '/api/v1/stocks/', {
    GET: {
      schema: { tags: ['stocks'], summary: 'What is free of each product', response: { 200: Type.Array(Stock) } },
      handle: async () => (await database.transaction(db => db.query(allStocks))).rows,
    },
  })
  endpoint(app, '/api/v1/reservations/', {
    GET: {
      schema: { tags: ['reservations'], summary: 'All reservations', response: { 200: Type.Array(Reservation) } },
      handle: async () => (await database.transaction(db => db.query(allReservations))).rows,
    },
  })
}

const allStocks = 'select id, product_id, quantity from core_stock order by id'
const allReservations = 'select id, order_id, product_id, quantity, status from core_reservation order by id'

const Stock = Type.Object({ id: Type.Integer(), product_id: Type.String(), quantity: Type.Integer() })

const Reservation = Type.Object({
  id: Type.Integer(),
  order_id: Type.String(),
  product_id: Type.String(),
  quantity: Type.Integer(),
  status: Type.Enum(['reserved', 'not_reserved', 'payment_denied']),
})
