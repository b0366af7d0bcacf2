import type { Random } from '../../../runner/test/chaos/random.ts'
import { rabbitmq } from '../../../runner/test/chaos/servers/rabbitmq.ts'
import type { Subject } from '../../../runner/test/chaos/subject.ts'
import { serverVariables } from '../../../runner/test/variables.ts'
import { databases } from '../../environment.ts'
import { topicOrchestration } from '../../system.ts'
import { documentedWire, services } from '../../wire.ts'
import type { Body, Placed } from '../shop.ts'
import { count, products, users } from './books.ts'

/** Two processes of each service; all orders are placed at the orchestrators. */
export const shop: Subject = {
  system: topicOrchestration({ orderServiceUrl: undefined, requestsPerMinuteMax: 1 }),
  services: Object.values(services),
  processes: 2,
  broker: () => rabbitmq(documentedWire.topology.exchange),
  variablesOf: ({ databaseUrl, brokerUrl, urlOf }) => ({
    ...serverVariables(databaseUrl, brokerUrl),
    ORDER_SERVICE_URL: urlOf(services.order),
    HTTP_REQUESTS_PER_MINUTE_MAX: '100000000',
  }),
  orders: {
    service: services.orchestrator,
    path: '/orders',
    wish,
    idIn: answer => String((answer as Placed).order_id),
    keyed: key => ({ 'Idempotency-Key': key }),
    database: databases.order,
    ended: `select id from orders where id = any($1::integer[]) and status <> 'PROCESSING'`,
    open: `select count(*)::int as count from orders where status = 'PROCESSING'`,
  },
  prepare: async ask => {
    for (const { cents } of users)
      await ask(databases.user, `insert into users (name, balance_cents) values ('Ada', ${cents})`)
    for (const { cents, stock } of products) {
      const values = `'Tea', ${cents}, ${stock}`
      await ask(databases.product, `insert into products (name, price_cents, stock) values (${values})`)
    }
  },
  count,
  // An order service that is away for as long as the step has: the order is FAILED, and the call is given up.
  givenUp: {
    queue: 'saga.orchestrator.dead-letter',
    database: databases.orchestrator,
    identity: /^[^ ]+\/create_order\/forward: /,
  },
  endIn: (routingKey, body) => {
    if (!/\.event\.order\.update_status\.success$/.test(routingKey)) return undefined
    const { sagaId, compensating } = JSON.parse(body) as Body
    return { order: sagaId, end: compensating ? 'FAILED' : 'SUCCESS' }
  },
}

/** One in three wants what there is little of, one in four is of somebody who has little. */
function wish(random: Random): object {
  return {
    product_id: random.next() < 0.3 ? 2 : 1,
    owner_id: random.next() < 0.25 ? 3 : random.one([1, 2]),
    quantity: random.whole(1, 3),
  }
}
