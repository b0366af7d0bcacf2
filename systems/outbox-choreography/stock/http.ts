import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'

export function stockRoutes(app: FastifyInstance, database: Database): void {
  app.get('/api/v1/stocks/', { schema: listing }, async () => {
    const { rows } = await database.transaction(db => db.query(allStocks))
    return rows
  })

  app.get('/api/v1/reservations/', { schema: listingReservations }, async () => {
    const { rows } = await database.transaction(db => db.query(allReservations))
    return rows
  })
}

const allStocks = 'select id, product_id, quantity from core_stock order by id'
const allReservations = 'select id, order_id, product_id, quantity, status from core_reservation order by id'

// ── What the routes look like from outside ──────────────────────────────────────────────────────────────────────────

const Stock = Type.Object({ id: Type.Integer(), product_id: Type.String(), quantity: Type.Integer() })

const Reservation = Type.Object({
  id: Type.Integer(),
  order_id: Type.String(),
  product_id: Type.String(),
  quantity: Type.Integer(),
  status: Type.Enum(['reserved', 'not_reserved', 'payment_denied']),
})

const listing = { tags: ['stocks'], summary: 'What is free of each product', response: { 200: Type.Array(Stock) } }

const listingReservations = {
  tags: ['reservations'],
  summary: 'All reservations',
  response: { 200: Type.Array(Reservation) },
}
