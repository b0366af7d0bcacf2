import type { FastifyInstance } from 'fastify'

/** Lets `close` end within `ms`: clients that keep idle connections do not hold it up, nor streams that never end. */
export function closeWithin(app: FastifyInstance, ms: number): void {
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
    setTimeout(() => app.server.closeAllConnections(), ms).unref()
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.raw.once('close', () => {
      if (closing) app.server.closeIdleConnections()
    })
  })
}
