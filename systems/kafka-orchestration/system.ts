import type { FastifyInstance } from 'fastify'
import { type Hosted, type PgClient, type Service, service } from 'makegood'
import type { Surroundings, System, SystemService } from '../runner/system.ts'
import { checkout } from './checkout.ts'
import type { KafkaSettings } from './environment.ts'
import { orderEnd } from './order/handlers.ts'
import { orderRoutes } from './order/http.ts'
import { orderSql } from './order/order-sql.ts'
import { paymentHandlers } from './payment/handlers.ts'
import { paymentRoutes } from './payment/http.ts'
import { springServer } from './spring-server.ts'
import { stockHandlers } from './stock/handlers.ts'
import { stockRoutes } from './stock/http.ts'
import { documentedWire, services } from './wire.ts'

/** The shop: which services there are, what each hosts, and what it answers. */
export function kafkaOrchestration(settings: KafkaSettings): System {
  const make = (parts: ShopService) => shopService(parts, settings)
  return {
    name: 'kafka-orchestration',
    welcome,
    services: [
      make({
        name: services.order,
        port: 8091,
        database: 'orderdb',
        tables: ['order'],
        hosts: ({ store }) => [orderEnd(orderSql(store.name))],
        routes: (app, orders, { database, store }) => orderRoutes(app, orders, database, orderSql(store.name)),
      }),
      make({
        name: services.orchestrator,
        port: 8092,
        database: 'orchestratordb',
        tables: [],
        hosts: () => [checkout],
        routes: () => {},
      }),
      make({
        name: services.stock,
        port: 8093,
        database: 'stockdb',
        tables: ['stock'],
        hosts: () => stockHandlers,
        routes: (app, _stock, { database }) => stockRoutes(app, database),
      }),
      make({
        name: services.payment,
        port: 8094,
        database: 'paymentdb',
        tables: ['payment'],
        hosts: () => paymentHandlers,
        routes: (app, _payment, { database }) => paymentRoutes(app, database),
      }),
    ],
  }
}

interface ShopService {
  readonly name: string
  readonly port: number
  readonly database: string
  /** The folders whose tables it needs. */
  readonly tables: readonly string[]
  readonly hosts: (surroundings: Surroundings) => readonly Hosted<PgClient>[]
  readonly routes: (app: FastifyInstance, service: Service<string, PgClient>, surroundings: Surroundings) => void
}

function shopService(
  { name, port, database, tables, hosts, routes }: ShopService,
  { requestsPerMinuteMax }: KafkaSettings,
): SystemService {
  return {
    name,
    port,
    database,
    tables: tables.map(folder => new URL(`${folder}/tables.sql`, import.meta.url)),
    async assemble(surroundings) {
      const { store, transport, log, telemetry } = surroundings
      const options = { store, transport, wire: documentedWire, log, telemetry, hosts: hosts(surroundings) }
      const hosting = service(name, options)
      const app = await springServer({ ...surroundings, service: hosting, requestsPerMinuteMax }, app =>
        routes(app, hosting, surroundings),
      )
      return { services: [hosting], app }
    },
  }
}

function welcome(urlOf: (service: string) => string): string[] {
  const orders = `${urlOf(services.order)}/api/v1/orders`
  return [
    'Place an order, and see what became of it, of the stock and of the balance:',
    '',
    `  curl -s ${orders} -H 'Content-Type: application/json' -d '${JSON.stringify(documentedOrder)}'`,
    `  curl -s ${orders} ${urlOf(services.stock)}/api/v1/stocks ${urlOf(services.payment)}/api/v1/balances`,
  ]
}

/** The documented order. */
export const documentedOrder = { userID: 1, productID: 3 }
