import { type Ask, type Books, groupedBy, sum, tally } from '../../../runner/test/chaos/books.ts'

/** By product: of the second there is little, and much of that is given back. */
export const initialStock: { readonly [product: string]: number } = { '1': 100_000_000, '2': 60 }

/** Every effect of every order, and the stock. */
export async function count(ask: Ask): Promise<Omit<Books, 'deadLetters' | 'givenUp'>> {
  const orders = await ask<OrderRow>('outbox_order', allOrders)
  const notifications = await ask<OfOrder>('outbox_order', 'select order_id::text from core_notification')
  const reservations = await ask<ReservationRow>('outbox_stock', allReservations)
  const stocks = await ask<StockRow>('outbox_stock', 'select product_id, quantity from core_stock')
  const payments = await ask<PaymentRow>('outbox_payment', 'select order_id, amount, status from core_payment')
  const wrong: string[] = []

  const reservationsOf = groupedBy(reservations, row => row.order_id)
  const paymentsOf = groupedBy(payments, row => row.order_id)
  const notificationsOf = groupedBy(notifications, row => row.order_id)
  for (const order of orders) {
    const { order_id: id, status } = order
    const must = (what: string, holds: boolean) => {
      if (!holds) wrong.push(`${status} order ${id}: ${what}`)
    }
    const kept = (rows: readonly { readonly status: string }[]) => rows.map(row => row.status).join(' and ') || 'none'
    const of = {
      reservations: reservationsOf.get(id) ?? [],
      payments: paymentsOf.get(id) ?? [],
      notifications: notificationsOf.get(id) ?? [],
    }
    const end = ends[status]
    must('has not ended', end !== undefined)
    if (end === undefined) continue
    must(`its reservation is ${kept(of.reservations)}`, kept(of.reservations) === end.reservation)
    must(`its payment is ${kept(of.payments)}`, kept(of.payments) === end.payment)
    must(`was told of ${of.notifications.length} times`, of.notifications.length === end.notifications)
    must(
      'something else is reserved than was ordered',
      of.reservations.every(row => row.product_id === order.product_id && row.quantity === order.quantity),
    )
    must(
      'another amount is paid than was ordered for',
      of.payments.every(row => row.amount === order.amount),
    )
  }
  const known = new Set(orders.map(({ order_id }) => order_id))
  for (const [what, rows] of Object.entries({ notifications, reservations, payments })) {
    const strange = rows.filter(row => !known.has(row.order_id))
    if (strange.length > 0) wrong.push(`${strange.length} ${what} belong to no order`)
  }

  for (const [product, initial] of Object.entries(initialStock)) {
    const free = stocks.find(({ product_id }) => product_id === product)?.quantity
    const taken = sum(
      reservations.filter(row => row.product_id === product && row.status === 'reserved').map(row => row.quantity),
    )
    if (free === undefined || free < 0 || free + taken !== initial)
      wrong.push(`of product ${product} there were ${initial}, ${free} are free and ${taken} reserved`)
  }

  const endedAs = (status: string) => orders.filter(order => order.status === status).length
  return {
    orders: orders.map(({ order_id }) => order_id),
    completed: endedAs('payment_confirmed'),
    cancelled: tally(orders.map(({ status }) => status).filter(status => status !== 'payment_confirmed')),
    remarks: { 'left of the product that there is little of': stocks.find(row => row.product_id === '2')!.quantity },
    wrong,
  }
}

/** What there is of an order at the other services, and what the customer was told, once it has ended. */
const ends: { readonly [status: string]: { reservation: string; payment: string; notifications: number } } = {
  not_reserved: { reservation: 'not_reserved', payment: 'none', notifications: 0 },
  payment_confirmed: { reservation: 'reserved', payment: 'payment_confirmed', notifications: 1 },
  payment_denied: { reservation: 'payment_denied', payment: 'payment_denied', notifications: 0 },
}

interface OfOrder {
  readonly order_id: string
}
interface OrderRow extends OfOrder {
  readonly product_id: string
  readonly quantity: number
  readonly amount: string
  readonly status: string
}
interface ReservationRow extends OfOrder {
  readonly product_id: string
  readonly quantity: number
  readonly status: string
}
interface StockRow {
  readonly product_id: string
  readonly quantity: number
}
interface PaymentRow extends OfOrder {
  readonly amount: string
  readonly status: string
}

const allOrders = 'select order_id::text, product_id, quantity, amount, status from core_order'
const allReservations = 'select order_id, product_id, quantity, status from core_reservation'
