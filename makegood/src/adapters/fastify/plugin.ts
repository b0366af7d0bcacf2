import type { FastifyInstance } from 'fastify'
import { closePromptly } from './closing.ts'
import { type DocumentationOptions, documentRoutes } from './documentation.ts'
import { healthRoutes, type ObservedService } from './health-routes.ts'
import { type MetricsRegistry, metricsRoute } from './metrics-route.ts'
import { answerWithProblems } from './problem.ts'
import { keepRequestIds } from './request-id.ts'

/**
 * What every HTTP server beside a service needs, whatever its own routes are: `/livez`, `/readyz`, `/metrics`,
 * `/openapi.json`, `/docs`, request ids, errors as problem documents, and a close that does not wait for idle clients.
 *
 * Await it before the routes that are to be documented:
 *
 * @example
 * const app = Fastify({ frameworkErrors })
 * await app.register(makegoodFastify, { services: [orders], registry, title: 'Orders', version: '1.0.0' })
 * app.get('/orders/:id', { schema: { params: OrderId, response: { 200: Order } } }, …)
 */
export const makegoodFastify: (app: FastifyInstance, options: MakegoodFastifyOptions) => Promise<void> = Object.assign(
  async (app: FastifyInstance, options: MakegoodFastifyOptions): Promise<void> => {
    const closing = closePromptly(app)
    keepRequestIds(app)
    if (options.problems ?? true) answerWithProblems(app)
    if (options.docs ?? true) await documentRoutes(app, options)
    healthRoutes(app, options.services, closing)
    if (options.registry !== undefined) metricsRoute(app, options.registry)
  },
  // What fastify-plugin does: hooks and handlers are to hold for the whole server, not for a scope of the plugin's own.
  { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'makegood' },
)

export interface MakegoodFastifyOptions extends DocumentationOptions {
  /** The services that run in this process; it is ready when all of them are. */
  readonly services: readonly ObservedService[]
  /** A prom-client registry, shown at `/metrics`. @defaultValue none, and no such route */
  readonly registry?: MetricsRegistry
  /** Whether there are `/openapi.json` and `/docs`: needs @fastify/swagger and @fastify/swagger-ui. @defaultValue true */
  readonly docs?: boolean
  /** Whether errors are answered as RFC 9457 problems; false leaves their shape to the system. @defaultValue true */
  readonly problems?: boolean
}
