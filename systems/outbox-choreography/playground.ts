import { book } from '../runner/playground/book.ts'
import {
  type Action,
  type Answered,
  type Book,
  begin,
  type Playground,
  type Shop,
  type Switch,
} from '../runner/playground/playground.ts'
import { posted } from '../runner/playground/posted.ts'
import { documentedOrders } from './documented-orders.ts'
import type { OutboxSettings } from './environment.ts'
import type { ToldOrder } from './messages.ts'
import { ordering } from './ordering.ts'
import { services } from './wire.ts'

/** What can be tried with three services and nobody who directs them. */
export function playground(settings: OutboxSettings): Playground {
  return {
    orders: documentedOrders.map(({ name, title, order, says }) => ({
      name,
      wanted: title,
      title,
      ends: says,
      switches: { paymentLimit: documentedLimit },
      place: shop => place(shop, order),
    })),
    switches: [limitIn(settings)],
    experiments,
    refill: async shop => {
      await shop.service(services.stock).transaction(({ db }) => db.query('update core_stock set quantity = 10'))
    },
    books,
  }
}

/** In units, as an amount is written. */
const documentedLimit = 1_000

function limitIn(settings: OutboxSettings): Switch {
  return {
    name: 'paymentLimit',
    title: 'Payments are confirmed up to',
    unit: 'amount',
    max: 3_000,
    get value() {
      return Number(settings.paymentLimitCents) / 100
    },
    set value(amount) {
      settings.paymentLimitCents = BigInt(Math.round(amount * 100))
    },
  }
}

const beginning: readonly Action[] = [...begin, { kind: 'turn', switches: { paymentLimit: documentedLimit } }]

const experiments: Playground['experiments'] = [
  {
    name: 'declined',
    title: 'A payment is declined',
    says: 'Nobody leads here: each service hears what has become of the order, does its part, and says so.',
    steps: [
      {
        title: 'Place an order that the stock and the limit are good for',
        says: 'Told to the stock, reserved, told to the payment, confirmed.',
        actions: [...beginning, { kind: 'place', order: 'one' }],
      },
      {
        title: 'Place one above what is paid',
        says: 'Reserved, then denied: the stock hears of it and takes back what it had reserved.',
        actions: [{ kind: 'place', order: 'too-dear' }],
      },
    ],
  },
  {
    name: 'away',
    title: 'The payment service is away',
    says: 'A service that is away loses nothing: what is told to it waits until it is back.',
    steps: [
      {
        title: 'Stop the payment service, and place three orders',
        says: 'They are reserved, and wait. What is told of them is in the outbox of the order service, in its database.',
        actions: [...beginning, { kind: 'stop', service: services.payment }, { kind: 'place', order: 'one', times: 3 }],
      },
      {
        title: 'Start it again',
        says: 'It hears of all three and decides on each once.',
        actions: [{ kind: 'start all' }],
      },
    ],
  },
  {
    name: 'everything',
    title: 'Everything at once',
    says: 'Orders of every kind, and services that come and go: every order ends, and no piece is missing.',
    steps: [
      {
        title:
          'Place eight orders that can be paid and four that cannot, and stop stock and payment in the middle of it',
        says: 'Whatever was said waits with whoever said it.',
        actions: [
          ...beginning,
          { kind: 'place', order: 'one', times: 8 },
          { kind: 'place', order: 'too-dear', times: 4 },
          { kind: 'stop', service: services.stock },
          { kind: 'stop', service: services.payment },
        ],
      },
      {
        title: 'Start both again',
        says: 'Each order is confirmed, or denied and its pieces put back, or there were none left for it. The books come out.',
        actions: [{ kind: 'start all' }],
      },
    ],
  },
]

function books(shop: Shop): Promise<readonly Book[]> {
  return Promise.all([
    book(shop, {
      title: 'Stock',
      records: [
        { service: services.stock, statement: reservedPieces },
        { service: services.order, statement: confirmedPieces },
      ],
      says: (reserved, ordered) => `${reserved} pieces are reserved; confirmed orders have ${ordered}.`,
    }),
    book(shop, {
      title: 'Payments',
      records: [
        { service: services.payment, statement: confirmedPayments },
        { service: services.order, statement: confirmedOrders },
      ],
      says: (paid, confirmed) => `${paid} payments are confirmed, and ${confirmed} orders.`,
    }),
  ])
}

async function place(shop: Shop, order: object): Promise<Answered> {
  const { ok, body } = await posted<ToldOrder>(`${shop.urlOf(services.order)}/api/v1/orders/`, order)
  if (!ok) return { says: JSON.stringify(body), saga: undefined }
  const { order_id } = body
  return {
    says: `order ${order_id}`,
    saga: { definition: ordering.name, id: `${ordering.name}/order/${order_id}` },
  }
}

const reservedPieces = `
  select order_id, quantity::float8 as amount
  from core_reservation
  where status = 'reserved'
`

const confirmedPieces = `
  select order_id::text, quantity::float8 as amount
  from core_order
  where status = 'payment_confirmed'
`

const confirmedPayments = `
  select order_id, 1 as amount
  from core_payment
  where status = 'payment_confirmed'
`

const confirmedOrders = `
  select order_id::text, 1 as amount
  from core_order
  where status = 'payment_confirmed'
`
