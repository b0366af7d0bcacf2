import type { Random } from '../../../runner/test/chaos/random.ts'
import { postgresQueues } from '../../../runner/test/chaos/servers/postgres-queues.ts'
import { rabbitmq } from '../../../runner/test/chaos/servers/rabbitmq.ts'
import type { Subject, Surroundings } from '../../../runner/test/chaos/subject.ts'
import type { Variables } from '../../../runner/test/started.ts'
import type { Order } from '../../orders/order-queries.ts'
import { databases } from '../../servers.ts'
import { creditChoreography, documentedOrder } from '../../system.ts'
import { documentedWire, services } from '../../wire.ts'
import { count, customers } from './books.ts'

/** Three processes of each service, and customers of whom some have little. */
export const shop: Subject = {
  system: creditChoreography({ requestsPerMinuteMax: 1 }),
  services: [services.orders, services.customers],
  processes: 3,
  broker: () => rabbitmq(documentedWire.topology.exchange),
  variablesOf: place => ({ ...variablesOf(place), RABBITMQ_BROKER_URL: place.brokerUrl }),
  orders: {
    service: services.orders,
    path: '/orders/',
    wish,
    idIn: answer => String((answer as Order).id),
    database: databases.orders,
    ended: `select id from orders where id = any($1::integer[]) and status <> 'pending'`,
    open: `select count(*)::int as count from orders where status = 'pending'`,
  },
  prepare: async ask => {
    for (const { id, balanceCents } of customers) {
      await ask(
        databases.customers,
        `insert into customers values (${id}, 'Customer', '${id}@shop.example', ${balanceCents})`,
      )
    }
  },
  count,
  endIn: (routingKey, body) =>
    routingKey === 'order.created'
      ? undefined
      : { order: String((JSON.parse(body) as { order_id: number }).order_id), end: routingKey },
}

/** The same for those who have no broker. */
export const shopWithoutBroker: Subject = {
  ...shop,
  broker: durability => postgresQueues(documentedWire.topology.exchange, durability),
  variablesOf: place => ({ ...variablesOf(place), QUEUES_DATABASE_URL: place.brokerUrl }),
}

function variablesOf({ databaseUrl }: Surroundings): Variables {
  const { hostname, port, username, password } = new URL(databaseUrl)
  return {
    DATABASE_HOST: hostname,
    DATABASE_PORT: port,
    DATABASE_USER: username,
    DATABASE_PASSWORD: password,
    HTTP_REQUESTS_PER_MINUTE_MAX: '100000000',
  }
}

/** Half of the orders are of those who cannot pay many, and one in twenty is of nobody. */
function wish(random: Random): object {
  const customer_id = random.next() < 0.05 ? 999_999 : random.one(customers).id
  return {
    ...documentedOrder,
    customer_id,
    product_id: random.whole(1, 3),
    quantity: random.whole(1, 3),
    total_price: random.whole(0, 50_00) / 100,
  }
}
