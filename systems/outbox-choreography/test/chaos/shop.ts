import type { Random } from '../../../runner/test/chaos/random.ts'
import { rabbitmq } from '../../../runner/test/chaos/servers/rabbitmq.ts'
import type { Subject } from '../../../runner/test/chaos/subject.ts'
import { serverVariables } from '../../../runner/test/variables.ts'
import type { ToldOrder } from '../../messages.ts'
import { nextStatuses } from '../../order/order-status.ts'
import { documentedOrder, outboxChoreography } from '../../system.ts'
import { documentedWire, services } from '../../wire.ts'
import { adminPassword } from '../servers-shop.ts'
import { count, initialStock } from './books.ts'

const finalStatuses = Object.entries(nextStatuses).flatMap(([status, next]) => (next.length === 0 ? [status] : []))
const hasEnded = `status in (${finalStatuses.map(status => `'${status}'`).join(', ')})`

/** Three processes of each service, and little of one product. */
export const shop: Subject = {
  system: outboxChoreography({ paymentLimitCents: 100_000n }),
  services: Object.values(services),
  processes: 3,
  broker: () => rabbitmq(documentedWire.topology.exchange),
  variablesOf: ({ databaseUrl, brokerUrl }) => ({
    ...serverVariables(databaseUrl, brokerUrl),
    ADMIN_PASSWORD: adminPassword,
  }),
  orders: {
    service: services.order,
    path: '/api/v1/orders/',
    wish,
    idIn: answer => String((answer as ToldOrder).order_id),
    database: 'outbox_order',
    ended: `select order_id as id from core_order where order_id = any($1::integer[]) and ${hasEnded}`,
    open: `select count(*)::int as count from core_order where not (${hasEnded})`,
  },
  prepare: async ask => {
    for (const [product, quantity] of Object.entries(initialStock)) {
      await ask('outbox_stock', `update core_stock set quantity = ${quantity} where product_id = '${product}'`)
    }
  },
  count,
  endIn: (_routingKey, body) => {
    const { order_id, status } = JSON.parse(body) as ToldOrder
    return finalStatuses.includes(status) ? { order: String(order_id), end: status } : undefined
  },
}

/** One in three wants what there is little of; one in four cannot be paid, and gives back what it took. */
function wish(random: Random): object {
  return {
    ...documentedOrder,
    product_id: random.next() < 0.3 ? '2' : '1',
    quantity: random.whole(1, 3),
    amount: (((random.next() < 0.25 ? 100_000 : 0) + random.whole(1, 99_999)) / 100).toFixed(2),
  }
}
