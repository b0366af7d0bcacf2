import type { FastifyInstance } from 'fastify'
import { type Hosted, type PgClient, type Service, service } from 'makegood'
import { Environment } from '../runner/environment.ts'
import type { Surroundings, System, SystemService } from '../runner/system.ts'
import { followedWire, tracker, trackerService } from '../runner/tracker-service.ts'
import { adminSite, adminTables } from './admin/admin.ts'
import { checkCredentials } from './admin/credentials.ts'
import type { AdminTable } from './admin/table.ts'
import { type OutboxSettings, outboxSettings } from './environment.ts'
import { gateway } from './gateway/gateway.ts'
import { orderTables } from './order/admin.ts'
import { orderReactions } from './order/handlers.ts'
import { orderRoutes } from './order/http.ts'
import { ordering, toldAside } from './ordering.ts'
import { paymentTables } from './payment/admin.ts'
import { paymentReactions } from './payment/handlers.ts'
import { paymentRoutes } from './payment/http.ts'
import { restServer } from './rest-server.ts'
import { stockTables } from './stock/admin.ts'
import { stockReactions } from './stock/handlers.ts'
import { stockRoutes } from './stock/http.ts'
import { documentedWire, services, trackerWire } from './wire.ts'

/** The shop: which services there are, what each hosts, and what it answers. What is not set is as documented. */
export function outboxChoreography(set: Partial<OutboxSettings> = {}): System {
  const documented = outboxSettings(new Environment({}))
  const settings = { ...documented, ...set }
  const paymentLimitCents = () => set.paymentLimitCents ?? documented.paymentLimitCents
  const shopService = (parts: ShopService) => serviceOf(parts, settings)
  return {
    name: 'outbox-choreography',
    welcome,
    services: [
      shopService({
        name: services.order,
        port: 8000,
        database: 'outbox_order',
        hosts: [ordering, ...orderReactions],
        admin: orderTables,
        routes: (app, orders, { database }) => orderRoutes(app, orders, database),
      }),
      shopService({
        name: services.stock,
        port: 8001,
        database: 'outbox_stock',
        hosts: [ordering, ...stockReactions],
        admin: stockTables,
        routes: (app, _stock, { database }) => stockRoutes(app, database),
      }),
      shopService({
        name: services.payment,
        port: 8002,
        database: 'outbox_payment',
        hosts: [ordering, ...paymentReactions(paymentLimitCents)],
        admin: paymentTables(paymentLimitCents),
        routes: (app, _payment, { database }) => paymentRoutes(app, database),
      }),
      trackerService({
        choreography: ordering,
        aside: toldAside,
        wire: trackerWire,
        port: 8003,
        database: 'outbox_tracker',
      }),
      {
        name: 'gateway',
        port: 8080,
        adminPort: 8082,
        serve: ({ log, urlOf }) => gateway({ log, upstreams: addresses(urlOf) }),
      },
    ],
  }
}

interface ShopService {
  readonly name: string
  readonly port: number
  readonly database: string
  readonly hosts: readonly Hosted<PgClient>[]
  readonly admin: readonly AdminTable[]
  readonly routes: (app: FastifyInstance, service: Service<string, PgClient>, surroundings: Surroundings) => void
}

function serviceOf({ hosts, admin, routes, ...spec }: ShopService, settings: OutboxSettings): SystemService {
  return {
    ...spec,
    tables: [new URL(`${spec.name}/tables.sql`, import.meta.url), adminTables],
    async assemble(surroundings) {
      const { store, database, transport, log, telemetry, started, embedded } = surroundings
      if (!embedded) checkCredentials(settings.admin)
      const wire = followedWire(documentedWire, trackerWire, surroundings)
      const hosting = service(spec.name, { store, transport, wire, log, telemetry, hosts })
      const app = await restServer({ ...surroundings, service: hosting, trustedProxies: settings.trustedProxies })
      routes(app, hosting, surroundings)
      const site = { service: hosting, database, log, started, credentials: settings.admin, tables: admin }
      await app.register(adminSite, { prefix: '/admin', ...site })
      return { services: [hosting], app }
    },
  }
}

/** Where what the gateway's file calls by the names of containers answers in this run. */
function addresses(urlOf: (service: string) => string): { readonly [host: string]: string } {
  return Object.fromEntries(Object.values(services).map(name => [name, urlOf(name)]))
}

function welcome(urlOf: (service: string) => string): string[] {
  const orders = `${urlOf('gateway')}/order/api/v1/orders/`
  return [
    'Place an order, and see what becomes of it, and the way that it went:',
    '',
    `  curl -s ${orders} -H 'Content-Type: application/json' -d '${JSON.stringify(documentedOrder)}'`,
    `  curl -s ${orders}`,
    `  curl -s ${urlOf(tracker)}/operations/sagas`,
  ]
}

/** The documented order. */
export const documentedOrder = { customer_id: '1', product_id: '1', amount: '1', quantity: 1 }
