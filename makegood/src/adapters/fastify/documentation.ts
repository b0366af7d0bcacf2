import type {} from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

export interface DocumentationOptions {
  /** The name of the API. */
  readonly title: string
  /** Its version. */
  readonly version: string
  /** What it is for, in Markdown. */
  readonly description?: string
}

/** OpenAPI 3.1 at `/openapi.json`, made from the routes' own schemas, and Swagger UI at `/docs`, served from here. */
export async function documentRoutes(app: FastifyInstance, options: DocumentationOptions): Promise<void> {
  const { title, version, description = '' } = options
  // Imported here because whoever wants no documentation need not install them.
  const [{ default: swagger }, { default: swaggerUi }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
  ])
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title, version, description } } })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
