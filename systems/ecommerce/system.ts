import type { FastifyInstance } from 'fastify'
import { type Hosted, type PgClient, type Service, service, type Wire } from 'makegood'
import type { Surroundings, System, SystemService } from '../runner/system.ts'
import { checkout } from './checkout.ts'
import { type EcommerceSettings, providers } from './environment.ts'
import { envelopeServer } from './http-envelope.ts'
import { inventoryHandlers } from './inventory/handlers.ts'
import { inventoryRoutes } from './inventory/http.ts'
import { notificationHandlers } from './notifications/handlers.ts'
import { notificationRoutes } from './notifications/http.ts'
import { orchestratorRoutes } from './orchestrator/http.ts'
import { orderReactions } from './orders/handlers.ts'
import { orderRoutes } from './orders/http.ts'
import { pageRoutes } from './orders/page.ts'
import { sagaReaderAt } from './orders/saga-reader.ts'
import { paymentHandlers } from './payments/handlers.ts'
import { paymentRoutes } from './payments/http.ts'
import { providerRoutes } from './provider/http.ts'
import { Provider } from './provider/provider.ts'
import { shippingHandlers } from './shipping/handlers.ts'
import { shippingRoutes } from './shipping/http.ts'
import { documentedWire, services } from './wire.ts'

/** The shop: which services there are, what each hosts, and what it answers. */
export function ecommerce(settings: EcommerceSettings): System {
  const wire = documentedWire(settings.exchange)
  const { bank, carrier, mail } = providers(settings.switches)
  const make = (parts: ShopService) => shopService(parts, wire, settings)
  return {
    name: 'ecommerce',
    welcome,
    services: [
      make({
        name: services.orders,
        title: 'Order',
        port: 8001,
        database: 'order_db',
        tables: ['orders'],
        hosts: () => orderReactions,
        routes: async (app, orders, { database, urlOf, together }) => {
          orderRoutes(app, orders, database, sagaReaderAt(settings.orchestratorUrl ?? urlOf(services.orchestrator)))
          await pageRoutes(app, {
            services: Object.values(services).map(name => ({ name, url: urlOf(name) })),
            switches: together ? settings.switches : undefined,
          })
        },
      }),
      make({
        name: services.payments,
        title: 'Payment',
        port: 8002,
        database: 'payment_db',
        tables: ['payments', 'provider'],
        hosts: ({ database }) => paymentHandlers(new Provider(database, bank)),
        routes: (app, _service, { database }) => {
          paymentRoutes(app, database)
          providerRoutes(app, database)
        },
      }),
      make({
        name: services.inventory,
        title: 'Inventory',
        port: 8003,
        database: 'inventory_db',
        tables: ['inventory'],
        hosts: () => inventoryHandlers,
        routes: (app, _service, { database }) => inventoryRoutes(app, database),
      }),
      make({
        name: services.shipping,
        title: 'Shipping',
        port: 8004,
        database: 'shipping_db',
        tables: ['shipping', 'provider'],
        hosts: ({ database }) => shippingHandlers(new Provider(database, carrier)),
        routes: (app, _service, { database }) => {
          shippingRoutes(app, database)
          providerRoutes(app, database)
        },
      }),
      make({
        name: services.notifications,
        title: 'Notification',
        port: 8005,
        database: 'notification_db',
        tables: ['notifications', 'provider'],
        hosts: ({ database }) => notificationHandlers(new Provider(database, mail)),
        routes: (app, _service, { database }) => {
          notificationRoutes(app, database)
          providerRoutes(app, database)
        },
      }),
      make({
        name: services.orchestrator,
        title: 'Orchestrator',
        port: 8006,
        database: 'orchestrator_db',
        tables: [],
        hosts: () => [checkout],
        routes: (app, orchestrator) => orchestratorRoutes(app, orchestrator),
      }),
    ],
  }
}

interface ShopService {
  readonly name: string
  /** How it is called in sentences. */
  readonly title: string
  readonly port: number
  readonly database: string
  /** The folders whose tables it needs. */
  readonly tables: readonly string[]
  readonly hosts: (surroundings: Surroundings) => readonly Hosted<PgClient>[]
  readonly routes: (
    app: FastifyInstance,
    service: Service<string, PgClient>,
    surroundings: Surroundings,
  ) => void | Promise<void>
}

function shopService(
  { name, title, port, database, tables, hosts, routes }: ShopService,
  wire: Wire,
  settings: EcommerceSettings,
): SystemService {
  return {
    name,
    port,
    database,
    tables: tables.map(folder => new URL(`${folder}/tables.sql`, import.meta.url)),
    async assemble(surroundings) {
      const { store, transport, log, telemetry, registry, operations, started } = surroundings
      const hosting = service(name, { store, transport, wire, log, telemetry, hosts: hosts(surroundings) })
      const { requestsPerMinuteMax } = settings
      const serving = { service: hosting, title, log, registry, operations, started, requestsPerMinuteMax }
      const app = await envelopeServer(serving)
      await routes(app, hosting, surroundings)
      return { services: [hosting], app }
    },
  }
}

function welcome(urlOf: (service: string) => string): string[] {
  const orders = urlOf(services.orders)
  return [
    `Open ${orders} in a browser, or place an order:`,
    '',
    `  curl -s ${orders}/api/v1/orders -H 'Content-Type: application/json' -d '${JSON.stringify(twoLaptops)}'`,
  ]
}

/** The documented order. */
export const twoLaptops = {
  customer_id: '123e4567-e89b-12d3-a456-426614174000',
  items: [{ product_id: '550e8400-e29b-41d4-a716-446655440001', quantity: 2, price: 1299.99 }],
  shipping_address: { street: '123 Main St', city: 'New York', state: 'NY', zip_code: '10001', country: 'USA' },
}
