import { book } from '../runner/playground/book.ts'
import { type Answered, begin, type OfferedOrder, type Playground, type Shop } from '../runner/playground/playground.ts'
import { posted } from '../runner/playground/posted.ts'
import { checkout } from './checkout.ts'
import { documentedOrders } from './documented-orders.ts'
import { services } from './wire.ts'

/** What can be tried with an orchestrator and two participants. */
export const playground: Playground = {
  orders: documentedOrders.filter(isFirstOfItsKind).map(offered),
  switches: [],
  experiments: [
    {
      name: 'declined',
      title: 'A payment is declined',
      says: 'A saga takes an order from step to step; when a step is refused, it makes good what was done before.',
      steps: [
        {
          title: 'User 1, who has 100, buys a product for 50',
          says: 'A piece is taken from the stock, its price is charged, and the order is completed.',
          actions: [...begin, { kind: 'place', order: 'user-1-product-3' }],
        },
        {
          title: 'and buys it twice more',
          says: 'The money is good for one of them. For the other a piece was taken already: it is put back, and only then the order is cancelled.',
          actions: [{ kind: 'place', order: 'user-1-product-3', times: 2 }],
        },
      ],
    },
    {
      name: 'away',
      title: 'The payment service is away',
      says: 'A service that is away loses nothing and fails nothing: what is sent to it waits until it is back.',
      steps: [
        {
          title: 'Stop the payment service, and place two orders',
          says: 'A piece is taken for each, and they wait. The commands are in the outbox of the orchestrator, in its database.',
          actions: [
            ...begin,
            { kind: 'stop', service: services.payment },
            { kind: 'place', order: 'user-3-product-3', times: 2 },
          ],
        },
        {
          title: 'Start it again',
          says: 'It catches up by itself: each is charged once, and completed.',
          actions: [{ kind: 'start all' }],
        },
      ],
    },
    {
      name: 'everything',
      title: 'Everything at once',
      says: 'More orders than there is money and stock for, and services that come and go: every order ends, once.',
      steps: [
        {
          title: 'Place eight orders for three pieces, and stop stock and payment in the middle of it',
          says: 'What was asked of them waits with the orchestrator.',
          actions: [
            ...begin,
            { kind: 'place', order: 'user-1-product-3', times: 5 },
            { kind: 'place', order: 'user-3-product-3', times: 3 },
            { kind: 'stop', service: services.stock },
            { kind: 'stop', service: services.payment },
          ],
        },
        {
          title: 'Start both again',
          says: 'Three at the most are completed, and the others cancelled with their piece put back. The books come out.',
          actions: [{ kind: 'start all' }],
        },
      ],
    },
  ],
  refill: async shop => {
    await shop.service(services.stock).transaction(({ db }) => db.query(fillUpStock))
    await shop.service(services.payment).transaction(({ db }) => db.query(fillUpBalances))
  },
  books: shop =>
    Promise.all([
      book(shop, {
        title: 'Money',
        records: [
          { service: services.payment, statement: paid },
          { service: services.order, statement: sold },
        ],
        says: (paid, sold) => `${paid.toFixed(2)} were charged; completed orders cost ${sold.toFixed(2)}.`,
      }),
      book(shop, {
        title: 'Stock',
        records: [
          { service: services.stock, statement: reservedPieces },
          { service: services.order, statement: completedOrders },
        ],
        says: (reserved, completed) => `${reserved} pieces were taken; ${completed} orders are completed.`,
      }),
    ]),
}

type Documented = (typeof documentedOrders)[number]

/** One that is placed again ends otherwise only because of those before it. */
function isFirstOfItsKind(order: Documented, at: number): boolean {
  return documentedOrders.findIndex(each => nameOf(each) === nameOf(order)) === at
}

function offered(order: Documented): OfferedOrder {
  const ends = order.ends.startsWith('200') ? 'completed, or cancelled for want of money or pieces' : 'refused at once'
  return {
    name: nameOf(order),
    wanted: `user ${order.userID}, product ${order.productID}`,
    title: order.title,
    ends,
    place: shop => place(shop, order),
  }
}

function nameOf({ userID, productID }: Documented): string {
  return `user-${userID}-product-${productID}`
}

async function place(shop: Shop, { userID, productID }: Documented): Promise<Answered> {
  const url = `${shop.urlOf(services.order)}/api/v1/orders`
  const { ok, body } = await posted<{ id: string; status: string; message?: string }>(url, { userID, productID })
  if (!ok) return { says: body.message ?? 'refused', saga: undefined }
  return { says: `order …${body.id.slice(-12)}`, saga: { definition: checkout.name, id: body.id } }
}

/** As at the beginning: what is sold is in the reservations. */
const fillUpStock = 'update stocks set quantity = case product_id when 3 then 3 else 5 end'
const fillUpBalances = 'update balances set balance_cents = case user_id when 3 then 20000 else 10000 end'

const reservedPieces = `
  select order_id::text, 1 as amount
  from reservations
  where status = 'RESERVED'
`

const completedOrders = `
  select id::text as order_id, 1 as amount
  from orders
  where status = 'ORDER_COMPLETED'
`

const paid = `
  select order_id::text, amount_cents::float8 / 100 as amount
  from payments
  where status = 'PAYMENT_APPROVED'
`

const sold = `
  select id::text as order_id, price_cents::float8 / 100 as amount
  from orders
  where status = 'ORDER_COMPLETED'
`
