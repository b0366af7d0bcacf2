import type { FastifyInstance } from 'fastify'
import { type Hosted, type PgClient, type Service, service } from 'makegood'
import { documentedServer } from '../runner/fastapi/server.ts'
import type { Surroundings, System, SystemService } from '../runner/system.ts'
import { databases, type TopicSettings } from './environment.ts'
import { orderCreation } from './orchestrator/create-order.ts'
import { orchestratorRoutes } from './orchestrator/http.ts'
import { ordering } from './ordering.ts'
import { orderHandlers } from './orders/handlers.ts'
import { orderRoutes } from './orders/http.ts'
import { productHandlers } from './products/handlers.ts'
import { products } from './products/http.ts'
import { resourceRoutes } from './resource.ts'
import { userHandlers } from './users/handlers.ts'
import { users } from './users/http.ts'
import { documentedWire, services } from './wire.ts'

/** The shop: which services there are, what each hosts, and what it answers. */
export function topicOrchestration({ orderServiceUrl, requestsPerMinuteMax }: TopicSettings): System {
  const make = (parts: ShopService) => shopService(parts, requestsPerMinuteMax)
  return {
    name: 'topic-orchestration',
    welcome,
    services: [
      make({
        name: services.user,
        title: 'User Service',
        port: 8000,
        folder: 'users',
        hosts: () => userHandlers,
        routes: (app, _service, { database }) => resourceRoutes(app, database, users),
      }),
      make({
        name: services.product,
        title: 'Product Service',
        port: 8001,
        folder: 'products',
        hosts: () => productHandlers,
        routes: (app, _service, { database }) => resourceRoutes(app, database, products),
      }),
      make({
        name: services.order,
        title: 'Order Service',
        port: 8002,
        folder: 'orders',
        hosts: () => orderHandlers,
        routes: (app, _service, { database }) => orderRoutes(app, database),
      }),
      make({
        name: services.orchestrator,
        title: 'Orchestrator',
        port: 8003,
        folder: 'orchestrator',
        hosts: ({ urlOf }) => [ordering, orderCreation(orderServiceUrl ?? urlOf(services.order))],
        routes: (app, orchestrator, { database }) => orchestratorRoutes(app, orchestrator, database),
      }),
    ],
  }
}

interface ShopService {
  readonly name: keyof typeof databases
  readonly title: string
  readonly port: number
  readonly folder: string
  readonly hosts: (surroundings: Surroundings) => readonly Hosted<PgClient>[]
  readonly routes: (app: FastifyInstance, service: Service<string, PgClient>, surroundings: Surroundings) => void
}

/** What was asked of a saga once may be asked for ever: ten years is as long as can be said. */
const sagasMs = 3_650 * 24 * 3_600_000

function shopService(
  { name, title, port, folder, hosts, routes }: ShopService,
  requestsPerMinuteMax: number,
): SystemService {
  return {
    name,
    port,
    database: databases[name],
    tables: [new URL(`${folder}/tables.sql`, import.meta.url)],
    async assemble(surroundings) {
      const { store, transport, log, telemetry } = surroundings
      const options = { store, transport, wire: documentedWire, log, telemetry, limits: { sagasMs } }
      const hosting = service(name, { ...options, hosts: hosts(surroundings) })
      const serving = { services: [hosting], title, message: `${title} is running`, requestsPerMinuteMax }
      const app = await documentedServer({ ...surroundings, ...serving }, app => routes(app, hosting, surroundings))
      return { services: [hosting], app }
    },
  }
}

function welcome(urlOf: (service: string) => string): string[] {
  const json = "-H 'Content-Type: application/json' -d"
  return [
    'Enter a user and a product, place an order, and see what becomes of it:',
    '',
    `  curl -s ${urlOf(services.user)}/users ${json} '{"name": "Ada", "balance": 100}'`,
    `  curl -s ${urlOf(services.product)}/products ${json} '{"name": "Tea", "price": 10, "stock": 5}'`,
    `  curl -s ${urlOf(services.orchestrator)}/orders ${json} '${JSON.stringify(documentedOrder)}'`,
    `  curl -s ${urlOf(services.orchestrator)}/sagas`,
  ]
}

/** The documented order. */
export const documentedOrder = { product_id: 1, owner_id: 1, quantity: 2 }
