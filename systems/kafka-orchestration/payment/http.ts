import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Database } from '../../runner/database.ts'
import { answers } from '../spring-server.ts'

export function paymentRoutes(app: FastifyInstance, database: Database): void {
  app.get('/api/v1/balances', { schema: listingBalances }, () => found(balances))
  app.get('/api/v1/payments', { schema: listingPayments }, () => found(payments))

  async function found(query: string): Promise<unknown[]> {
    const { rows } = await database.transaction(db => db.query<{ found: unknown }>(query))
    return rows.map(row => row.found)
  }
}

const balances = `
  select json_build_object('userId', user_id, 'balance', balance_cents / 100.0) as found
  from balances
  order by user_id
`

/** As many as are read at once. */
const payments = `
  select json_build_object(
    'orderId', order_id, 'userId', user_id, 'amount', amount_cents / 100.0, 'status', status
  ) as found
  from payments
  order by id desc
  limit 1000
`

// ── What the routes look like from outside ──────────────────────────────────────────────────────────────────────────

const listingBalances = {
  tags: ['balances'],
  summary: 'What each user has left',
  response: answers(Type.Array(Type.Object({ userId: Type.Integer(), balance: Type.Number() }))),
}

const listingPayments = {
  tags: ['payments'],
  summary: 'The last 1 000 payments, approved and rejected, newest first',
  response: answers(
    Type.Array(
      Type.Object({
        orderId: Type.String({ format: 'uuid' }),
        userId: Type.Integer(),
        amount: Type.Number(),
        status: Type.Enum(['PAYMENT_APPROVED', 'PAYMENT_REJECTED']),
      }),
    ),
  ),
}
