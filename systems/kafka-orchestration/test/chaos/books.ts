import { type Ask, type Books, groupedBy, sum, tally } from '../../../runner/test/chaos/books.ts'

/** By product: of the second there is little, and some of that is given back. */
export const initialStock: { readonly [product: string]: number } = { '1': 100_000_000, '2': 60, '3': 100_000_000 }

/** By user, in cents: the third has little. */
export const initialBalances: { readonly [user: string]: number } = {
  '1': 1_000_000_000_000,
  '2': 1_000_000_000_000,
  '3': 30_000,
}

/** Every effect of every order, the stock and the balances. */
export async function count(ask: Ask): Promise<Omit<Books, 'deadLetters' | 'givenUp'>> {
  const orders = await ask<OrderRow>('orderdb', allOrders)
  const sagas = await ask<OfOrder>('orchestratordb', 'select id as order_id, status from makegood.saga')
  const reservations = await ask<ReservationRow>(
    'stockdb',
    'select order_id::text, product_id, status from reservations',
  )
  const stocks = await ask<StockRow>('stockdb', 'select product_id, quantity from stocks')
  const payments = await ask<PaymentRow>('paymentdb', allPayments)
  const balances = await ask<BalanceRow>('paymentdb', 'select user_id, balance_cents::float8 as cents from balances')
  const wrong: string[] = []

  const effectsOf = {
    saga: groupedBy(sagas, row => row.order_id),
    reservation: groupedBy(reservations, row => row.order_id),
    payment: groupedBy(payments, row => row.order_id),
  }
  const statusOf = (effect: keyof typeof effectsOf, order: string) =>
    (effectsOf[effect].get(order) ?? []).map(row => row.status).join(' and ') || 'none'
  for (const { order_id: id, status, user_id, product_id, price_cents } of orders) {
    const must = (what: string, holds: boolean) => {
      if (!holds) wrong.push(`${status} order ${id}: ${what}`)
    }
    const found = `saga ${statusOf('saga', id)}, stock ${statusOf('reservation', id)}, payment ${statusOf('payment', id)}`
    must(found, ends[status]?.includes(found) ?? false)
    must(
      'something else is reserved than was ordered',
      (effectsOf.reservation.get(id) ?? []).every(row => row.product_id === product_id),
    )
    must(
      'somebody else pays, or another price',
      (effectsOf.payment.get(id) ?? []).every(row => row.user_id === user_id && row.cents === price_cents),
    )
  }
  const known = new Set(orders.map(({ order_id }) => order_id))
  for (const [what, rows] of Object.entries({ sagas, reservations, payments })) {
    const strange = rows.filter(row => !known.has(row.order_id))
    if (strange.length > 0) wrong.push(`${strange.length} ${what} belong to no order`)
  }

  const completed = orders.filter(order => order.status === 'ORDER_COMPLETED')
  for (const [product, initial] of Object.entries(initialStock)) {
    const left = stocks.find(row => row.product_id === Number(product))?.quantity
    const sold = completed.filter(order => order.product_id === Number(product)).length
    if (left === undefined || left < 0 || left + sold !== initial)
      wrong.push(`of product ${product} there were ${initial}, ${left} are left and ${sold} sold`)
  }
  for (const [user, initial] of Object.entries(initialBalances)) {
    const left = balances.find(row => row.user_id === Number(user))?.cents
    const spent = sum(completed.filter(order => order.user_id === Number(user)).map(order => order.price_cents))
    if (left === undefined || left < 0 || left + spent !== initial)
      wrong.push(`user ${user} had ${initial} cents, has ${left} and has spent ${spent}`)
  }

  const cancelled = orders.filter(order => order.status === 'ORDER_CANCELLED')
  return {
    orders: orders.map(({ order_id }) => order_id),
    completed: completed.length,
    cancelled: tally(
      cancelled.map(({ order_id }) => (statusOf('payment', order_id) === 'none' ? 'UNAVAILABLE' : 'PAYMENT_REJECTED')),
    ),
    remarks: {
      'left of the product that there is little of': stocks.find(row => row.product_id === 2)!.quantity,
      'cents left to the user who had little': balances.find(row => row.user_id === 3)!.cents,
    },
    wrong,
  }
}

/** What there may be of an order at the other services, once it has ended. */
const ends: { readonly [status: string]: readonly string[] } = {
  ORDER_COMPLETED: ['saga completed, stock RESERVED, payment PAYMENT_APPROVED'],
  ORDER_CANCELLED: [
    'saga compensated, stock none, payment none',
    'saga compensated, stock CANCELLED, payment PAYMENT_REJECTED',
  ],
}

interface OfOrder {
  readonly order_id: string
  readonly status: string
}
interface OrderRow extends OfOrder {
  readonly user_id: number
  readonly product_id: number
  readonly price_cents: number
}
interface ReservationRow extends OfOrder {
  readonly product_id: number
}
interface StockRow {
  readonly product_id: number
  readonly quantity: number
}
interface PaymentRow extends OfOrder {
  readonly user_id: number
  readonly cents: number
}
interface BalanceRow {
  readonly user_id: number
  readonly cents: number
}

const allOrders = 'select id as order_id, user_id, product_id, price_cents, status from orders'
const allPayments = 'select order_id::text, user_id, amount_cents::float8 as cents, status from payments'
