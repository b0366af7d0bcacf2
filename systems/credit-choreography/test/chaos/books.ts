import { type Ask, type Books, groupedBy, sum, tally } from '../../../runner/test/chaos/books.ts'
import { databases } from '../../servers.ts'

/** Some have enough for whatever comes; the others are at the end of it soon, and from then on short of it. */
export const customers = Array.from({ length: 8 }, (_, number) => ({
  id: 100 + number,
  balanceCents: number % 2 === 0 ? 100_000_000_00 : 120_00,
}))

/** Every effect of every order, and every balance. */
export async function count(ask: Ask): Promise<Omit<Books, 'deadLetters' | 'givenUp'>> {
  const orders = await ask<OrderRow>(databases.orders, allOrders)
  const payments = await ask<PaymentRow>(databases.customers, allPayments)
  const balances = await ask<BalanceRow>(databases.customers, allBalances)
  const wrong: string[] = []

  const paymentsOf = groupedBy(payments, payment => payment.order_id)
  for (const order of orders) {
    const { id, status, reason } = order
    const must = (what: string, holds: boolean) => {
      if (!holds) wrong.push(`${status} order ${id}: ${what}`)
    }
    const [payment, ...more] = paymentsOf.get(id) ?? []
    must('has not ended', status === 'confirmed' || status === 'cancelled')
    must('has more than one payment', more.length === 0)
    must(
      'has another payment than it asked for',
      payment?.customer_id === order.customer_id && payment.cents === order.cents,
    )
    must(`its payment is ${payment?.status}`, payment?.status === (status === 'confirmed' ? 'completed' : 'failed'))
    must(`its payment says ${payment?.reason}, it says ${reason}`, payment?.reason === reason)
  }
  const known = new Set(orders.map(({ id }) => id))
  const strange = payments.filter(payment => !known.has(payment.order_id))
  if (strange.length > 0) wrong.push(`${strange.length} payments belong to no order`)

  const confirmed = groupedBy(
    orders.filter(({ status }) => status === 'confirmed'),
    order => order.customer_id,
  )
  for (const { id, balanceCents } of customers) {
    const spent = sum((confirmed.get(String(id)) ?? []).map(({ cents }) => cents))
    const balance = balances.find(row => row.id === String(id))?.cents
    if (balance === undefined || balance < 0 || balance + spent !== balanceCents)
      wrong.push(`customer ${id} had ${balanceCents}, has ${balance} and has spent ${spent}`)
  }

  const took = orders.map(order => order.took_ms).sort((a, b) => a - b)
  return {
    orders: orders.map(({ id }) => id),
    completed: orders.filter(({ status }) => status === 'confirmed').length,
    cancelled: tally(orders.filter(({ status }) => status === 'cancelled').map(({ reason }) => reason ?? 'no reason')),
    took: { slowestMs: took.at(-1) ?? 0, medianMs: took[took.length >> 1] ?? 0 },
    remarks: {},
    wrong,
  }
}

interface OrderRow {
  readonly id: string
  readonly customer_id: string
  readonly status: string
  readonly reason: string | null
  readonly cents: number
  readonly took_ms: number
}
interface PaymentRow {
  readonly order_id: string
  readonly customer_id: string
  readonly status: string
  readonly reason: string | null
  readonly cents: number
}
interface BalanceRow {
  readonly id: string
  readonly cents: number
}

const allOrders = `
  select id::text, customer_id::text, status, reason, total_price_cents::float8 as cents,
    coalesce(extract(epoch from updated_at - created_at) * 1000, 0)::float8 as took_ms
  from orders
`
const allPayments = `
  select order_id::text, customer_id::text, status, reason, amount_cents::float8 as cents
  from payments
`
const allBalances = 'select id::text, balance_cents::float8 as cents from customers'
