import { book } from '../runner/playground/book.ts'
import {
  type Answered,
  type Book,
  begin,
  type OfferedOrder,
  type Playground,
  type Shop,
  type Switch,
  switchOf,
} from '../runner/playground/playground.ts'
import { posted } from '../runner/playground/posted.ts'
import { checkout } from './checkout.ts'
import { documentedOrders, obliging, requestOf } from './documented-orders.ts'
import type { Switches } from './environment.ts'
import type { Order } from './orders/order-queries.ts'
import { services } from './wire.ts'

/** What can be tried with the shop, and with the world outside that the switches turn. */
export function playground(switches: Switches): Playground {
  return {
    orders: documentedOrders.map(
      (documented): OfferedOrder => ({
        ...documented,
        switches: { ...obliging, ...documented.switches },
        place: shop => place(shop, requestOf(documented)),
      }),
    ),
    switches: [
      share(switches, 'paymentFailureRate', 'Payments that the bank refuses'),
      share(switches, 'refundFailureRate', 'Refunds that the bank refuses'),
      share(switches, 'shippingFailureRate', 'Shipments that the carrier refuses'),
      share(switches, 'notificationFailureRate', 'Mails that are not sent'),
      switchOf(switches, 'delayScale', { title: 'How long they take', unit: 'times', max: 10 }),
    ],
    experiments,
    refill: async shop => {
      await shop.service(services.inventory).transaction(({ db }) => db.query(fillUp))
    },
    books,
  }
}

const experiments: Playground['experiments'] = [
  {
    name: 'declined',
    title: 'A payment is declined',
    says: 'A saga takes an order from step to step; when a step is refused, it makes good what was done before.',
    steps: [
      {
        title: 'Place an order, and let nobody refuse anything',
        says: 'Paid, reserved, shipped, told: four services, a transaction of its own in each, one after the other.',
        actions: [...begin, { kind: 'turn', switches: obliging }, { kind: 'place', order: 'two-laptops' }],
      },
      {
        title: 'Let the bank decline, and place it again',
        says: 'The first step is refused. Nothing was done before it, so nothing has to be made good: the order is cancelled.',
        actions: [
          { kind: 'turn', switches: { paymentFailureRate: 1 } },
          { kind: 'place', order: 'two-laptops' },
        ],
      },
      {
        title: 'Let the carrier decline instead, and place it again',
        says: 'Paid and reserved, then refused: the stock goes back first and then the money, and only then is the order cancelled.',
        actions: [
          { kind: 'turn', switches: { paymentFailureRate: 0, shippingFailureRate: 1 } },
          { kind: 'place', order: 'two-laptops' },
        ],
      },
    ],
  },
  {
    name: 'away',
    title: 'The shipping service is away',
    says: 'A service that is away loses nothing and fails nothing: what is sent to it waits until it is back.',
    steps: [
      {
        title: 'Stop the shipping service, and place three orders',
        says: 'They are paid and reserved, and wait. The commands are in the outbox of the orchestrator, in its database: they would outlast a restart of all of it.',
        actions: [
          ...begin,
          { kind: 'turn', switches: obliging },
          { kind: 'stop', service: services.shipping },
          { kind: 'place', order: 'two-laptops', times: 3 },
        ],
      },
      {
        title: 'Start it again',
        says: 'It catches up by itself: each order is shipped once and completed, and nobody had to do anything.',
        actions: [{ kind: 'start all' }],
      },
    ],
  },
  {
    name: 'everything',
    title: 'Everything at once',
    says: 'Refusals, and services that come and go: every order ends, and in the books nothing is missing.',
    steps: [
      {
        title: 'Let a third of everything be refused, place ten orders, and stop two services in the middle of it',
        says: 'Whatever comes to where it needs one of the two waits there, on its way forward or back. The others go on.',
        actions: [
          ...begin,
          {
            kind: 'turn',
            switches: { ...obliging, paymentFailureRate: 0.3, shippingFailureRate: 0.3, notificationFailureRate: 0.3 },
          },
          { kind: 'place', order: 'two-laptops', times: 10 },
          { kind: 'stop', service: services.inventory },
          { kind: 'stop', service: services.payments },
        ],
      },
      {
        title: 'Place five more, and start both services again',
        says: 'What was under way goes on where it stood. Each order is completed or made good, and the books come out to the cent.',
        actions: [{ kind: 'place', order: 'two-laptops', times: 5 }, { kind: 'start all' }],
      },
    ],
  },
]

async function place(shop: Shop, request: object): Promise<Answered> {
  const url = `${shop.urlOf(services.orders)}/api/v1/orders`
  const { ok, body } = await posted<{ message?: string; detail?: string; data?: Order }>(url, request)
  const { message = '', detail = message, data: order } = body
  if (!ok || order === undefined) return { says: detail, saga: undefined }
  return {
    says: `order …${order.id.slice(-12)}`,
    saga: { definition: checkout.name, id: order.saga_id },
  }
}

/** What is sold stays sold. */
const fillUp = 'update products set stock = reserved_stock + 50'

function books(shop: Shop): Promise<readonly Book[]> {
  return Promise.all([
    book(shop, {
      title: 'Money',
      records: [
        { service: services.payments, statement: netCharges },
        { service: services.orders, statement: completedTotals },
      ],
      says: (charged, sold) =>
        `The bank has charged ${charged.toFixed(2)} more than it has refunded; completed orders cost ${sold.toFixed(2)}.`,
    }),
    book(shop, {
      title: 'Stock',
      records: [
        { service: services.inventory, statement: reservedPieces },
        { service: services.orders, statement: completedPieces },
      ],
      says: (reserved, ordered) => `${reserved} pieces are reserved; completed orders have ${ordered}.`,
    }),
  ])
}

const netCharges = `
  select order_id::text, sum(case kind when 'charge' then amount else -amount end)::float8 as amount
  from provider_requests
  where outcome = 'done'
  group by order_id
`

const completedTotals = `
  select id::text as order_id, total_amount::float8 as amount
  from orders
  where status = 'completed'
`

const reservedPieces = `
  select order_id::text, sum(quantity)::float8 as amount
  from inventory_reservations
  where status = 'reserved'
  group by order_id
`

const completedPieces = `
  select id::text as order_id, sum((item ->> 'quantity')::integer)::float8 as amount
  from orders, jsonb_array_elements(items) as item
  where status = 'completed'
  group by id
`

function share(switches: Switches, name: keyof Switches, title: string): Switch {
  return switchOf(switches, name, { title, unit: 'share', max: 1 })
}
