import { type Ask, type Books, groupedBy, sum, tally } from '../../../runner/test/chaos/books.ts'

/** Counts everything: each effect of each order, here and at the providers, money, stock and what is left over. */
export async function count(ask: Ask): Promise<Omit<Books, 'deadLetters' | 'givenUp'>> {
  const orders = await ask<OrderRow>('order_db', allOrders)
  const payments = await ask<PaymentRow>('payment_db', allPayments)
  const charges = await ask<ProviderRow>('payment_db', allRequests)
  const reservations = await ask<ReservationRow>('inventory_db', allReservations)
  const products = await ask<ProductRow>('inventory_db', allProducts)
  const shipments = await ask<ShipmentRow>('shipping_db', allShipments)
  const carriages = await ask<ProviderRow>('shipping_db', allRequests)
  const notifications = await ask<ShipmentRow>('notification_db', allNotifications)
  const mails = await ask<ProviderRow>('notification_db', allRequests)
  const sagas = await ask<SagaRow>('orchestrator_db', allSagas)

  const paymentOf = byOrder(payments)
  const chargesOf = byOrder(charges)
  const reservationsOf = byOrder(reservations)
  const shipmentOf = byOrder(shipments)
  const carriagesOf = byOrder(carriages)
  const notificationOf = byOrder(notifications)
  const mailsOf = byOrder(mails)
  const sagaOf = byOrder(sagas)
  const wrong: string[] = []

  for (const order of orders) {
    const { order_id: id, status } = order
    const must = (what: string, holds: boolean) => {
      if (!holds) wrong.push(`${status} order ${id}: ${what}`)
    }
    const done = (requests: readonly ProviderRow[], kind: string) =>
      requests.filter(request => request.kind === kind && request.outcome === 'done')
    const of = {
      payments: paymentOf.get(id) ?? [],
      charges: done(chargesOf.get(id) ?? [], 'charge'),
      refunds: done(chargesOf.get(id) ?? [], 'refund'),
      reservations: reservationsOf.get(id) ?? [],
      shipments: shipmentOf.get(id) ?? [],
      carriages: done(carriagesOf.get(id) ?? [], 'shipment'),
      callsOff: done(carriagesOf.get(id) ?? [], 'cancellation'),
      notifications: notificationOf.get(id) ?? [],
      mails: done(mailsOf.get(id) ?? [], 'notification'),
      sagas: sagaOf.get(id) ?? [],
    }
    const [payment] = of.payments
    const charged = cents(of.charges)
    const refunded = cents(of.refunds)
    const held = of.reservations.filter(reservation => reservation.status === 'reserved')
    must(
      `its saga is ${of.sagas.map(saga => saga.status).join(' and ') || 'missing'}`,
      of.sagas.length === 1 && of.sagas[0]!.status === (status === 'completed' ? 'completed' : 'compensated'),
    )
    must(`has ${of.payments.length} payments`, of.payments.length <= 1)
    must(`was charged ${of.charges.length} times`, of.charges.length <= 1)
    must(`has ${of.shipments.length} shipments`, of.shipments.length <= 1)
    must(`was shipped ${of.carriages.length} times`, of.carriages.length <= 1)
    must(`has ${of.notifications.length} notifications`, of.notifications.length <= 1)
    must(`was told of ${of.mails.length} times`, of.mails.length <= 1)
    if (status === 'completed') {
      must('its payment is not completed', payment?.status === 'completed' && payment.cents === order.cents)
      must(
        `the bank has ${charged} cents less ${refunded} of ${order.cents}`,
        charged === order.cents && refunded === 0,
      )
      must(
        'another quantity is reserved than was ordered',
        sum(held.map(each => each.quantity)) === order.quantity && held.length === order.lines,
      )
      must('has a reservation that was given back', of.reservations.length === held.length)
      must('has no shipment on its way', of.shipments[0]?.status === 'preparing' && of.carriages.length === 1)
      must('its shipment was called off', of.callsOff.length === 0)
    } else {
      must(`the bank has kept ${charged - refunded} cents`, charged === refunded)
      must(
        `its payment is ${payment?.status}`,
        payment === undefined ||
          payment.status === (charged === 0 ? 'failed' : 'refunded') ||
          payment.status === 'refunded',
      )
      must('has stock reserved', held.length === 0)
      must(
        'has a shipment on its way',
        of.shipments.every(shipment => shipment.status === 'cancelled'),
      )
      must('the carrier still has its shipment', of.carriages.length === 0 || of.callsOff.length === 1)
      must('the customer was told that it is confirmed', of.mails.length === 0)
    }
  }

  const known = new Set(orders.map(order => order.order_id))
  for (const [what, rows] of Object.entries({ payments, charges, reservations, shipments, carriages, notifications })) {
    const strangers = rows.filter(row => !known.has(row.order_id))
    if (strangers.length > 0) wrong.push(`${strangers.length} ${what} belong to no order`)
  }
  for (const { id, name, reserved_stock, stock } of products) {
    const reserved = sum(
      reservations.filter(each => each.product_id === id && each.status === 'reserved').map(each => each.quantity),
    )
    if (reserved !== reserved_stock || reserved_stock > stock)
      wrong.push(`${name} has ${reserved_stock} of ${stock} reserved, its reservations say ${reserved}`)
  }
  const net = cents(charges.filter(isDone('charge'))) - cents(charges.filter(isDone('refund')))
  const sold = sum(orders.filter(order => order.status === 'completed').map(order => order.cents))
  if (net !== sold) wrong.push(`the bank has ${net} cents, the completed orders come to ${sold}`)

  const took = orders.map(order => order.took_ms).sort((a, b) => a - b)
  return {
    orders: orders.map(order => order.order_id),
    completed: orders.filter(order => order.status === 'completed').length,
    cancelled: tally(
      orders.filter(order => order.status === 'cancelled').map(order => order.failure_reason ?? 'no reason'),
    ),
    took: { slowestMs: took.at(-1) ?? 0, medianMs: took[took.length >> 1] ?? 0 },
    remarks: {
      // Best effort: not sent, refused or given up.
      'completed without a notification': orders.filter(
        order => order.status === 'completed' && notificationOf.get(order.order_id)?.[0]?.status !== 'sent',
      ).length,
    },
    wrong,
  }
}

interface OfOrder {
  readonly order_id: string
}
interface OrderRow extends OfOrder {
  readonly status: string
  readonly failure_reason: string | null
  readonly cents: number
  readonly quantity: number
  readonly lines: number
  readonly took_ms: number
}
interface PaymentRow extends OfOrder {
  readonly status: string
  readonly cents: number
}
interface ProviderRow extends OfOrder {
  readonly kind: string
  readonly outcome: string
  readonly cents: number
}
interface ReservationRow extends OfOrder {
  readonly product_id: string
  readonly quantity: number
  readonly status: string
}
interface ShipmentRow extends OfOrder {
  readonly status: string
}
interface SagaRow extends OfOrder {
  readonly status: string
}
interface ProductRow {
  readonly id: string
  readonly name: string
  readonly stock: number
  readonly reserved_stock: number
}

const allOrders = `
  select id as order_id, status, failure_reason, (total_amount * 100)::float8 as cents,
    (select sum((item->>'quantity')::int) from jsonb_array_elements(items) as item)::int as quantity,
    jsonb_array_length(items) as lines,
    (extract(epoch from updated_at - created_at) * 1000)::float8 as took_ms
  from orders
`
const allPayments = 'select order_id, status, (amount * 100)::float8 as cents from payments'
const allRequests = 'select order_id, kind, outcome, (amount * 100)::float8 as cents from provider_requests'
const allReservations = 'select order_id, product_id, quantity, status from inventory_reservations'
const allProducts = 'select id, name, stock, reserved_stock from products'
const allShipments = 'select order_id, status from shipments'
const allNotifications = 'select order_id, status from notifications'
const allSagas = 'select key as order_id, status from makegood.saga'

function byOrder<Row extends OfOrder>(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  return groupedBy(rows, row => row.order_id)
}

function isDone(kind: string): (request: ProviderRow) => boolean {
  return request => request.kind === kind && request.outcome === 'done'
}

function cents(rows: readonly { readonly cents: number }[]): number {
  return sum(rows.map(row => Math.round(row.cents)))
}
