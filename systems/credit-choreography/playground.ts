import { book } from '../runner/playground/book.ts'
import { type Answered, begin, type Playground, type Shop } from '../runner/playground/playground.ts'
import { posted } from '../runner/playground/posted.ts'
import { credit } from './credit.ts'
import { documentedOrders } from './documented-orders.ts'
import { documentedOrder } from './system.ts'
import { services } from './wire.ts'

/** What can be tried with two services that only tell each other events. */
export const playground: Playground = {
  orders: documentedOrders.map(({ name, title, order, says }) => ({
    name,
    wanted: title,
    title,
    ends: says,
    place: shop => place(shop, order),
  })),
  switches: [],
  experiments: [
    {
      name: 'declined',
      title: 'A payment is declined',
      says: 'Nobody leads here: each service hears what has happened, does its part, and says so.',
      steps: [
        {
          title: 'Place an order for half of what Alice has',
          says: 'The order service says that there is an order; the customer service pays it and says that; the order is confirmed.',
          actions: [...begin, { kind: 'place', order: 'half' }],
        },
        {
          title: 'Place one for more than she has',
          says: 'The customer service says that it cannot be paid, and why. The order is cancelled, and the balance is as it was.',
          actions: [{ kind: 'place', order: 'too-much' }],
        },
      ],
    },
    {
      name: 'away',
      title: 'The customer service is away',
      says: 'A service that is away loses nothing: what is told to it waits until it is back.',
      steps: [
        {
          title: 'Stop the customer service, and place two orders',
          says: 'They are taken, and stay pending. What is told of them waits in the outbox of the order service, in its database.',
          actions: [
            ...begin,
            { kind: 'stop', service: services.customers },
            { kind: 'place', order: 'half', times: 2 },
          ],
        },
        {
          title: 'Start it again',
          says: 'It hears of both, pays each once, and both are confirmed.',
          actions: [{ kind: 'start all' }],
        },
      ],
    },
    {
      name: 'everything',
      title: 'Everything at once',
      says: 'More orders than the balance is good for, and both services come and go: as many are paid as can be, once.',
      steps: [
        {
          title: 'Place five orders, and stop both services in the middle of it',
          says: 'Whatever was said waits with whoever said it.',
          actions: [
            ...begin,
            { kind: 'place', order: 'half', times: 5 },
            { kind: 'stop', service: services.customers },
            { kind: 'stop', service: services.orders },
          ],
        },
        {
          title: 'Start both again',
          says: 'Two are paid, the balance is used up, and three are cancelled. The books come out to the cent.',
          actions: [{ kind: 'start all' }],
        },
      ],
    },
  ],
  refill: async shop => {
    await shop.service(services.customers).transaction(({ db }) => db.query(fillUp))
  },
  books: async shop => [
    await book(shop, {
      title: 'Money',
      records: [
        { service: services.customers, statement: paid },
        { service: services.orders, statement: confirmed },
      ],
      says: (paid, confirmed) =>
        `${paid.toFixed(2)} were taken from balances; confirmed orders cost ${confirmed.toFixed(2)}.`,
    }),
  ],
}

async function place(shop: Shop, fields: object): Promise<Answered> {
  const url = `${shop.urlOf(services.orders)}/orders/`
  const { ok, body } = await posted<{ id: number; status: string; detail: unknown }>(url, {
    ...documentedOrder,
    ...fields,
  })
  if (!ok) return { says: JSON.stringify(body.detail), saga: undefined }
  return {
    says: `order ${body.id}`,
    saga: { definition: credit.name, id: `${credit.name}/order/${body.id}` },
  }
}

const fillUp = `update customers set balance_cents = 10000 where id = ${documentedOrder.customer_id}`

const paid = `
  select order_id::text, amount_cents::float8 / 100 as amount
  from payments
  where status = 'completed'
`

const confirmed = `
  select id::text as order_id, total_price_cents::float8 / 100 as amount
  from orders
  where status = 'confirmed'
`
