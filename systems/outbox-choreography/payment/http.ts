import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'

export function paymentRoutes(app: FastifyInstance, database: Database): void {
  app.get('/api/v1/payments/', { schema: listing }, async () => {
    const { rows } = await database.transaction(db => db.query(allPayments))
    return rows
  })
}

const allPayments = `
  select payment_id, customer_id, order_id, amount, status, created
  from core_payment
  order by created, payment_id
`

// ── What the route looks like from outside ──────────────────────────────────────────────────────────────────────────

const Payment = Type.Object({
  payment_id: Type.String({ format: 'uuid' }),
  customer_id: Type.String(),
  order_id: Type.String(),
  amount: Type.String(),
  status: Type.Enum(['payment_confirmed', 'payment_denied']),
  created: Type.String({ format: 'date-time' }),
})

const listing = { tags: ['payments'], summary: 'All payments', response: { 200: Type.Array(Payment) } }
