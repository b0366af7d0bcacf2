import pg from 'pg'

/** What the books of all services and providers say, and what of it is wrong. */
export interface Books {
  readonly orders: number
  readonly completed: number
  /** How many were cancelled, by the reason given. */
  readonly cancelled: { readonly [reason: string]: number }
  /** How long the slowest order and the median one took to their end. */
  readonly slowestMs: number
  readonly medianMs: number
  readonly deadLetters: readonly string[]
  /** Notifications that nobody could try again within the ten seconds that the step has: dead letters, as documented. */
  readonly givenUp: readonly string[]
  /** How many best-effort notifications were not sent, refused or given up. */
  readonly untold: number
  readonly wrong: readonly string[]
}

/** Counts everything: each effect of each order, here and at the providers, money, stock and what is left over. */
export async function countBooks(serverUrl: string): Promise<Books> {
  const [orders, payments, charges, reservations, products, shipments, carriages, notifications, mails] =
    await Promise.all([
      ask<OrderRow>(serverUrl, 'order_db', allOrders),
      ask<PaymentRow>(serverUrl, 'payment_db', allPayments),
      ask<ProviderRow>(serverUrl, 'payment_db', allRequests),
      ask<ReservationRow>(serverUrl, 'inventory_db', allReservations),
      ask<ProductRow>(serverUrl, 'inventory_db', allProducts),
      ask<ShipmentRow>(serverUrl, 'shipping_db', allShipments),
      ask<ProviderRow>(serverUrl, 'shipping_db', allRequests),
      ask<ShipmentRow>(serverUrl, 'notification_db', allNotifications),
      ask<ProviderRow>(serverUrl, 'notification_db', allRequests),
    ])
  const sagas = await ask<SagaRow>(serverUrl, 'orchestrator_db', allSagas)
  const left = await leftOver(serverUrl)

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
  for (const [what, { count }] of Object.entries(left.counts)) if (count > 0) wrong.push(`${count} ${what} are left`)

  const took = orders.map(order => order.took_ms).sort((a, b) => a - b)
  return {
    orders: orders.length,
    completed: orders.filter(order => order.status === 'completed').length,
    cancelled: tally(
      orders.filter(order => order.status === 'cancelled').map(order => order.failure_reason ?? 'no reason'),
    ),
    slowestMs: took.at(-1) ?? 0,
    medianMs: took[took.length >> 1] ?? 0,
    deadLetters: left.deadLetters.filter(letter => !isGivenUp(letter)),
    givenUp: left.deadLetters.filter(isGivenUp),
    untold: orders.filter(
      order => order.status === 'completed' && notificationOf.get(order.order_id)?.[0]?.status !== 'sent',
    ).length,
    wrong,
  }
}

/** How many orders and messages are still on their way. */
export async function underWay(serverUrl: string): Promise<{ readonly [what: string]: number }> {
  const { counts } = await leftOver(serverUrl)
  const [row] = await ask<{ count: number }>(
    serverUrl,
    'order_db',
    `select count(*)::int as count from orders where status not in ('completed', 'cancelled')`,
  )
  return {
    orders: row!.count,
    ...Object.fromEntries(Object.entries(counts).map(([what, { count }]) => [what, count])),
  }
}

async function leftOver(serverUrl: string) {
  const counts: { [what: string]: { count: number } } = {}
  const deadLetters: string[] = []
  for (const database of databases) {
    const [row] = await ask<{ outbox: number; parked: number; sagas: number; dead: string[] | null }>(
      serverUrl,
      database,
      leftIn,
    )
    counts[`outbox messages of ${database}`] = { count: row!.outbox }
    counts[`parked messages of ${database}`] = { count: row!.parked }
    counts[`sagas in flight of ${database}`] = { count: row!.sagas }
    deadLetters.push(...(row!.dead ?? []).map(dead => `${database}: ${dead}`))
  }
  return { counts, deadLetters }
}

function isGivenUp(letter: string): boolean {
  return /^notification_db: [^ ]+\/notification\/forward: /.test(letter)
}

const databases = ['order_db', 'payment_db', 'inventory_db', 'shipping_db', 'notification_db', 'orchestrator_db']

/** One connection for one question: between two of them the server may have been restarted. */
export async function ask<Row extends object>(serverUrl: string, database: string, query: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: urlOf(serverUrl, database) })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query<Row>(query)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

export function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
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
const leftIn = `
  select
    (select count(*)::int from makegood.outbox) as outbox,
    (select count(*)::int from makegood.inbox where state = 'parked') as parked,
    (select count(*)::int from makegood.saga where status not in ('completed', 'compensated', 'abandoned')) as sagas,
    (select array_agg(identity || ': ' || coalesce(error, '')) from makegood.inbox where state = 'dead') as dead
`

function byOrder<Row extends OfOrder>(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const others = found.get(row.order_id)
    if (others === undefined) found.set(row.order_id, [row])
    else others.push(row)
  }
  return found
}

function isDone(kind: string): (request: ProviderRow) => boolean {
  return request => request.kind === kind && request.outcome === 'done'
}

function cents(rows: readonly { readonly cents: number }[]): number {
  return sum(rows.map(row => Math.round(row.cents)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function tally(texts: readonly string[]): { readonly [text: string]: number } {
  const counts: { [text: string]: number } = {}
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1
  return counts
}
