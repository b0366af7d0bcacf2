import { book } from '../runner/playground/book.ts'
import { type Answered, type Book, begin, type Playground, type Shop } from '../runner/playground/playground.ts'
import { type DocumentedOrder, documentedOrders, enterGoods, type Goods, place } from './documented-orders.ts'
import { ordering } from './ordering.ts'
import { services } from './wire.ts'

/** What can be tried with an orchestrator that asks three services, one for one thing after the other. */
export function playground(): Playground {
  /** Of each documented order its own, so that none takes what another counts on. */
  const goods = new Map<DocumentedOrder, Goods>()
  const goodsFor = async (shop: Shop, order: DocumentedOrder): Promise<Goods> => {
    const entered = goods.get(order) ?? (await enterGoods(shop, order))
    goods.set(order, entered)
    return entered
  }
  return {
    orders: documentedOrders.map(order => ({
      name: order.name,
      wanted: order.title,
      title: order.title,
      ends: order.says,
      place: async shop => answerTo(await place(shop, order, await goodsFor(shop, order))),
    })),
    switches: [],
    experiments,
    refill: async shop => {
      goods.clear()
      await Promise.all(documentedOrders.map(order => goodsFor(shop, order)))
    },
    books,
  }
}

const experiments: Playground['experiments'] = [
  {
    name: 'declined',
    title: 'A step is refused',
    says: 'A saga takes an order from step to step; when a step is refused, it makes good what was done before.',
    steps: [
      {
        title: 'Order two of five, for 20 of 100',
        says: 'Entered, checked, paid, taken, confirmed: three services, a transaction of its own in each.',
        actions: [...begin, { kind: 'place', order: 'two-of-five' }],
      },
      {
        title: 'Order two that cost more than there is',
        says: 'The balance will not do. Nothing was taken, and the order has failed.',
        actions: [{ kind: 'place', order: 'too-dear' }],
      },
      {
        title: 'Order what is sold to another once it was checked',
        says: 'Paid, and then there is none left to take: the money is given back, and only then the order has failed.',
        actions: [{ kind: 'place', order: 'sold-meanwhile' }],
      },
    ],
  },
  {
    name: 'away',
    title: 'The user service is away',
    says: 'A service that is away loses nothing and fails nothing: what is sent to it waits until it is back.',
    steps: [
      {
        title: 'Stop the user service, and place two orders',
        says: 'There is enough in stock, and then they wait. The commands are in the outbox of the orchestrator, in its database.',
        actions: [
          ...begin,
          { kind: 'stop', service: services.user },
          { kind: 'place', order: 'two-of-five', times: 2 },
        ],
      },
      {
        title: 'Start it again',
        says: 'It catches up by itself: each is paid once, and confirmed.',
        actions: [{ kind: 'start all' }],
      },
    ],
  },
  {
    name: 'everything',
    title: 'Everything at once',
    says: 'More orders than there are pieces, and services that come and go: every order ends, and nothing is missing.',
    steps: [
      {
        title: 'Place four orders for two of five and two that are too dear, and stop two services in the middle of it',
        says: 'What was asked of them waits with the orchestrator.',
        actions: [
          ...begin,
          { kind: 'place', order: 'two-of-five', times: 4 },
          { kind: 'place', order: 'too-dear', times: 2 },
          { kind: 'stop', service: services.product },
          { kind: 'stop', service: services.user },
        ],
      },
      {
        title: 'Start both again',
        says: 'Two are confirmed and the others have failed, with whatever they had taken given back. The books come out.',
        actions: [{ kind: 'start all' }],
      },
    ],
  },
]

function answerTo({ answer, saga_id, order_id, detail }: Awaited<ReturnType<typeof place>>): Answered {
  if (saga_id === undefined) return { says: `${answer}: ${JSON.stringify(detail)}`, saga: undefined }
  return { says: `order ${order_id}`, saga: { definition: ordering.name, id: saga_id } }
}

function books(shop: Shop): Promise<readonly Book[]> {
  return Promise.all([
    book(shop, {
      title: 'Money',
      records: [
        { service: services.user, statement: debitsThatStand },
        { service: services.order, statement: successes },
      ],
      says: (debits, succeeded) => `${debits} debits were not given back; ${succeeded} orders have succeeded.`,
    }),
    book(shop, {
      title: 'Stock',
      records: [
        { service: services.product, statement: piecesTaken },
        { service: services.order, statement: piecesOrdered },
      ],
      says: (taken, ordered) => `${taken} pieces were taken; orders that have succeeded have ${ordered}.`,
    }),
  ])
}

const debitsThatStand = `
  select order_id::text, count(*)::float8 as amount
  from debits
  where refunded_at is null
  group by order_id
`

const successes = `
  select id::text as order_id, 1 as amount
  from orders
  where status = 'SUCCESS'
`

const piecesTaken = `
  select order_id::text, sum(quantity)::float8 as amount
  from withdrawals
  where restocked_at is null
  group by order_id
`

const piecesOrdered = `
  select id::text as order_id, quantity::float8 as amount
  from orders
  where status = 'SUCCESS'
`
