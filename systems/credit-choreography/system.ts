import { type Hosted, type PgClient, service } from 'makegood'
import { documentedServer } from '../runner/fastapi/server.ts'
import type { Surroundings, System } from '../runner/system.ts'
import { followedWire, tracker, trackerService } from '../runner/tracker-service.ts'
import { credit } from './credit.ts'
import { payment } from './customers/handlers.ts'
import { customerRoutes } from './customers/http.ts'
import type { CreditSettings } from './environment.ts'
import { fulfillment, rejection } from './orders/handlers.ts'
import { orderRoutes } from './orders/http.ts'
import { databases } from './servers.ts'
import { documentedWire, services, trackerWire } from './wire.ts'

/** Orders paid on credit: which services there are, what each hosts, and what it answers. */
export function creditChoreography({ requestsPerMinuteMax }: CreditSettings): System {
  return {
    name: 'credit-choreography',
    welcome,
    services: [
      {
        name: services.orders,
        port: 8001,
        database: databases.orders,
        tables: [new URL('orders/tables.sql', import.meta.url)],
        async assemble(surroundings) {
          const orders = hosting(services.orders, [credit, fulfillment], surroundings)
          const rejections = hosting(services.rejections, [rejection], surroundings)
          const serving = { ...surroundings, services: [orders, rejections], title: 'Order Service', message }
          const app = await documentedServer({ ...serving, requestsPerMinuteMax }, app =>
            orderRoutes(app, orders, surroundings.database),
          )
          return { services: [orders, rejections], app }
        },
      },
      {
        name: services.customers,
        port: 8002,
        database: databases.customers,
        tables: [new URL('customers/tables.sql', import.meta.url)],
        async assemble(surroundings) {
          const customers = hosting(services.customers, [payment], surroundings)
          const serving = { ...surroundings, services: [customers], title: 'Customer Service', message }
          const app = await documentedServer({ ...serving, requestsPerMinuteMax }, app =>
            customerRoutes(app, surroundings.database),
          )
          return { services: [customers], app }
        },
      },
      trackerService({ choreography: credit, wire: trackerWire, port: 8003, database: databases.tracker }),
    ],
  }
}

/** The customer service is documented to call itself so too. */
const message = 'Order Service is running.'

function hosting(name: string, hosts: readonly Hosted<PgClient>[], surroundings: Surroundings) {
  const { store, transport, log, telemetry } = surroundings
  const wire = followedWire(documentedWire, trackerWire, surroundings)
  return service(name, { store, transport, wire, log, telemetry, hosts })
}

function welcome(urlOf: (service: string) => string): string[] {
  const orders = `${urlOf(services.orders)}/orders/`
  return [
    'Place an order, and see what became of it, of the balance, and the way that it went:',
    '',
    `  curl -s ${orders} -H 'Content-Type: application/json' -d '${JSON.stringify(documentedOrder)}'`,
    `  curl -s ${orders} ${urlOf(services.customers)}/customers/`,
    `  curl -s ${urlOf(tracker)}/operations/sagas`,
  ]
}

/** The documented order: half of what Alice has. */
export const documentedOrder = { customer_id: 1, product_id: 1, status: 'pending', quantity: 1, total_price: 50.0 }
