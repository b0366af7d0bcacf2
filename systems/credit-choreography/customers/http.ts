import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import type { Database } from '../../runner/database.ts'
import { anyInteger, HttpRefusal, read } from '../../runner/fastapi/fields.ts'
import { Page, pageFields } from '../../runner/fastapi/page.ts'
import { answers } from '../../runner/fastapi/server.ts'

export function customerRoutes(app: FastifyInstance, database: Database): void {
  app.get<{ Querystring: Given }>('/customers/', { schema: listing }, async ({ query }) => {
    const { skip, limit } = read('query', query, pageFields)
    return found(customersOnPage, [skip, limit])
  })

  app.get<{ Params: Given }>('/customers/:customer_id', { schema: reading }, async ({ params }) => {
    const { customer_id } = read('path', params, { customer_id: anyInteger })
    const [customer] = await found(customerById, [customer_id])
    if (customer === undefined) throw new HttpRefusal(404, 'Customer not found')
    return customer
  })

  app.get<{ Querystring: Given }>('/payments/', { schema: listingPayments }, async ({ query }) => {
    const { skip, limit } = read('query', query, pageFields)
    return found(paymentsOnPage, [skip, limit])
  })

  async function found(query: string, values: unknown[]): Promise<unknown[]> {
    const { rows } = await database.transaction(db => db.query<{ found: unknown }>(query, values))
    return rows.map(row => row.found)
  }
}

type Given = Record<string, unknown>

const customer = `
  json_build_object(
    'id', id, 'name', name, 'email', email, 'balance', balance_cents / 100.0, 'address', address
  ) as found
`

const customerById = `select ${customer} from customers where id = $1`

const customersOnPage = `
  select ${customer}
  from customers
  order by id
  offset $1
  limit $2
`

const paymentsOnPage = `
  select json_build_object(
    'id', id, 'customer_id', customer_id, 'order_id', order_id, 'amount', amount_cents / 100.0, 'status', status,
    'reason', reason
  ) as found
  from payments
  order by id desc
  offset $1
  limit $2
`

// ── What the routes look like from outside ──────────────────────────────────────────────────────────────────────────

export type Customer = Static<typeof Customer>
const Customer = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  email: Type.String(),
  balance: Type.Number(),
  address: Type.Union([Type.String(), Type.Null()]),
})

export type Payment = Static<typeof Payment>
const Payment = Type.Object({
  id: Type.Integer(),
  customer_id: Type.Integer(),
  order_id: Type.Integer(),
  amount: Type.Number(),
  status: Type.Enum(['pending', 'completed', 'failed']),
  reason: Type.Union([Type.String(), Type.Null()]),
})

const listing = {
  tags: ['customers'],
  summary: 'Customers and their balances',
  querystring: Page,
  response: answers(Type.Array(Customer)),
}

const reading = {
  tags: ['customers'],
  summary: 'One customer',
  params: Type.Object({ customer_id: Type.Integer() }),
  response: answers(Customer),
}

const listingPayments = {
  tags: ['payments'],
  summary: 'Payments, made and refused, newest first',
  querystring: Page,
  response: answers(Type.Array(Payment)),
}
