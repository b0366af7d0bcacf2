import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

/** Every request has an id, in its log lines and in the answer: the caller's if it is a sane one, a new one if not. */
export function keepRequestIds(app: FastifyInstance): void {
  app.setGenReqId(({ headers }) => {
    const given = headers['x-request-id']
    return typeof given === 'string' && sane.test(given) ? given : randomUUID()
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-ID', request.id)
  })
}

/** Visible ASCII, so that it can neither break a log line nor a header. */
const sane = /^[\x21-\x7e]{1,128}$/
