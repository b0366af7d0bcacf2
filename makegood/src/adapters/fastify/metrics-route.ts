import type { FastifyInstance } from 'fastify'

/** A prom-client `Registry`, by its shape. */
export interface MetricsRegistry {
  readonly contentType: string
  metrics(): Promise<string>
}

export function metricsRoute(app: FastifyInstance, registry: MetricsRegistry): void {
  const schema = { tags: ['health'], summary: 'Metrics, in the Prometheus text format', produces: ['text/plain'] }
  app.get('/metrics', { schema }, async (_request, reply) => {
    reply.header('content-type', registry.contentType)
    return registry.metrics()
  })
}
