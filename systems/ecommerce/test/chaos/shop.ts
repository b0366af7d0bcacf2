import type { Random } from '../../../runner/test/chaos/random.ts'
import { rabbitmq } from '../../../runner/test/chaos/servers/rabbitmq.ts'
import type { Subject } from '../../../runner/test/chaos/subject.ts'
import { serverVariables } from '../../../runner/test/variables.ts'
import type { Order } from '../../orders/order-queries.ts'
import { ecommerce } from '../../system.ts'
import { services } from '../../wire.ts'
import { settingsOfTests } from '../embedded-shop.ts'
import { orderOf } from '../shop.ts'
import { count } from './books.ts'

/** A process for each service, and providers that are as unreliable as documented, but quicker. */
export const shop: Subject = {
  system: ecommerce(settingsOfTests()),
  services: Object.values(services),
  processes: 1,
  broker: () => rabbitmq('saga.events'),
  variablesOf: ({ databaseUrl, brokerUrl, urlOf }) => ({
    ...serverVariables(databaseUrl, brokerUrl),
    ORCHESTRATOR_URL: urlOf(services.orchestrator),
    HTTP_REQUESTS_PER_MINUTE_MAX: '100000000',
    PAYMENT_FAILURE_RATE: '0.1',
    SHIPPING_FAILURE_RATE: '0.05',
    NOTIFICATION_FAILURE_RATE: '0.02',
    PROVIDER_DELAY_SCALE: '0.05',
  }),
  orders: {
    service: services.orders,
    path: '/api/v1/orders',
    wish,
    idIn: answer => (answer as { data: Order }).data.id,
    keyed: key => ({ 'Idempotency-Key': key }),
    database: 'order_db',
    ended: `select id from orders where id = any($1::uuid[]) and status in ('completed', 'cancelled')`,
    open: `select count(*)::int as count from orders where status not in ('completed', 'cancelled')`,
  },
  // Of the laptop there are fifty, and nobody gets a thousand of them.
  prepare: async ask =>
    void (await ask('inventory_db', `update products set stock = 100000000 where name <> 'Laptop Pro 15'`)),
  count,
  // Nobody could try again within the ten seconds that the step has.
  givenUp: {
    queue: 'notification-service-queue.dead-letter',
    database: 'notification_db',
    identity: /^[^ ]+\/notification\/forward: /,
  },
}

/** The ones with the most to quarrel about: the same payments, the same hot rows of stock, the same sagas. */
export const scaled = [services.payments, services.inventory, services.orchestrator]

/** One in ten wants far too much of something; the others a few of what there is plenty of, and all the same few. */
function wish(random: Random): object {
  if (random.next() < 0.1) return orderOf({ product: 1, quantity: 1_000, price: 1_299.99 })
  const chosen = random.shuffled(plenty).slice(0, random.whole(1, 3))
  return orderOf(...chosen.map(item => ({ ...item, quantity: random.whole(1, 3) })))
}

const plenty = [
  { product: 2, price: 49.99 },
  { product: 3, price: 79.99 },
  { product: 4, price: 159.99 },
  { product: 5, price: 299.99 },
]
