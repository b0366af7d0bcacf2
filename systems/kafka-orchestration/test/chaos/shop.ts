import type { Random } from '../../../runner/test/chaos/random.ts'
import { kafka } from '../../../runner/test/chaos/servers/kafka.ts'
import type { Subject } from '../../../runner/test/chaos/subject.ts'
import { kafkaOrchestration } from '../../system.ts'
import { documentedWire, services } from '../../wire.ts'
import { springVariables } from '../servers-shop.ts'
import type { PlacedOrder } from '../shop.ts'
import { count, initialBalances, initialStock } from './books.ts'

/** Two processes of each service, which share its partitions. */
export const shop: Subject = {
  system: kafkaOrchestration({ requestsPerMinuteMax: 1 }),
  services: Object.values(services),
  processes: 2,
  broker: () => kafka(documentedWire.topology),
  onMariadb: ['orderdb'],
  variablesOf: ({ databaseUrl, brokerUrl }) => ({
    ...springVariables(new URL(databaseUrl), brokerUrl),
    HTTP_REQUESTS_PER_MINUTE_MAX: '100000000',
  }),
  orders: {
    service: services.order,
    path: '/api/v1/orders',
    wish,
    idIn: answer => (answer as PlacedOrder).id,
    // The order has its own id from the first.
    keyed: () => ({}),
    database: 'orderdb',
    ended: `select id from orders where id in (?) and status <> 'ORDER_CREATED'`,
    open: `select count(*) as count from orders where status = 'ORDER_CREATED'`,
  },
  prepare: async ask => {
    for (const [product, quantity] of Object.entries(initialStock))
      await ask('stockdb', `update stocks set quantity = ${quantity} where product_id = ${product}`)
    for (const [user, cents] of Object.entries(initialBalances))
      await ask('paymentdb', `update balances set balance_cents = ${cents} where user_id = ${user}`)
  },
  count,
  endIn: (topic, body) => {
    if (topic !== 'order-updated') return undefined
    const { orderID, status } = JSON.parse(body) as { readonly orderID: string; readonly status: string }
    return { order: orderID, end: status }
  },
}

/** One order in three wants what there is little of; one in four is of somebody who has little, and gives back what it took. */
function wish(random: Random): object {
  return {
    productID: random.next() < 0.3 ? 2 : random.one([1, 3]),
    userID: random.next() < 0.25 ? 3 : random.one([1, 2]),
    orderID: uuid(random),
  }
}

function uuid(random: Random): string {
  const digits = (count: number) => Array.from({ length: count }, () => random.whole(0, 15).toString(16)).join('')
  return [8, 4, 4, 4, 12].map(digits).join('-')
}
