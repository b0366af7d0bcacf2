import type { FastifyInstance } from 'fastify'
import { type Hosted, type PgClient, type Service, service } from 'makegood'
import type { Surroundings, System, SystemService } from '../runner/system.ts'
import type { OutboxSettings } from './environment.ts'
import { orderReactions } from './order/handlers.ts'
import { orderRoutes } from './order/http.ts'
import { ordering } from './ordering.ts'
import { paymentReactions } from './payment/handlers.ts'
import { paymentRoutes } from './payment/http.ts'
import { restServer } from './rest-server.ts'
import { stockReactions } from './stock/handlers.ts'
import { stockRoutes } from './stock/http.ts'
import { documentedWire, services } from './wire.ts'

/** The shop: which services there are, what each hosts, and what it answers. */
export function outboxChoreography({ paymentLimitCents }: OutboxSettings): System {
  return {
    name: 'outbox-choreography',
    welcome,
    services: [
      shopService({
        name: services.order,
        port: 8000,
        database: 'outbox_order',
        hosts: [ordering, ...orderReactions],
        routes: (app, orders, { database }) => orderRoutes(app, orders, database),
      }),
      shopService({
        name: services.stock,
        port: 8001,
        database: 'outbox_stock',
        hosts: [ordering, ...stockReactions],
        routes: (app, _stock, { database }) => stockRoutes(app, database),
      }),
      shopService({
        name: services.payment,
        port: 8002,
        database: 'outbox_payment',
        hosts: [ordering, ...paymentReactions(paymentLimitCents)],
        routes: (app, _payment, { database }) => paymentRoutes(app, database),
      }),
    ],
  }
}

interface ShopService {
  readonly name: string
  readonly port: number
  readonly database: string
  readonly hosts: readonly Hosted<PgClient>[]
  readonly routes: (app: FastifyInstance, service: Service<string, PgClient>, surroundings: Surroundings) => void
}

function shopService({ name, port, database, hosts, routes }: ShopService): SystemService {
  return {
    name,
    port,
    database,
    tables: [new URL(`${name}/tables.sql`, import.meta.url)],
    async assemble(surroundings) {
      const { store, transport, log, telemetry, registry, operations, started } = surroundings
      const hosting = service(name, { store, transport, wire: documentedWire, log, telemetry, hosts })
      const serving = { service: hosting, database: surroundings.database, log, registry, operations, started }
      const app = await restServer(serving)
      routes(app, hosting, surroundings)
      return { service: hosting, app }
    },
  }
}

function welcome(urlOf: (service: string) => string): string[] {
  const orders = `${urlOf(services.order)}/api/v1/orders/`
  return [
    'Place an order, and see what becomes of it:',
    '',
    `  curl -s ${orders} -H 'Content-Type: application/json' -d '${JSON.stringify(documentedOrder)}'`,
    `  curl -s ${orders}`,
  ]
}

/** The documented order. */
export const documentedOrder = { customer_id: '1', product_id: '1', amount: '1', quantity: 1 }
