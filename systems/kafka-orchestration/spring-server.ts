import { STATUS_CODES } from 'node:http'
import rateLimit from '@fastify/rate-limit'
import type {} from '@fastify/swagger'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Log, type Service, textOf } from 'makegood'
import { makegoodFastify } from 'makegood/fastify'
import { type Access, operationsRoutes } from 'makegood/operations'
import type { Registry } from 'prom-client'
import Type, { type TSchema } from 'typebox'
import { KnownRoutes } from '../runner/known-routes.ts'
import { untilStarted } from '../runner/starting.ts'

/** A server whose refusals have the documented shape, which is Spring's, whatever happens. */
export async function springServer(
  { service, log, registry, operations, started, requestsPerMinuteMax }: SpringServerOptions,
  routes: (app: FastifyInstance) => void,
): Promise<FastifyInstance> {
  const app = Fastify({
    // No body of these services comes near it.
    bodyLimit: 16_384,
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
  })
  const known = new KnownRoutes(app)
  // The schemas document; what is wrong with a request is said by whoever reads it.
  app.setValidatorCompiler(() => () => true)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)))
    } catch (error) {
      done(new Refusal(400, `JSON parse error: ${(error as Error).message}`))
    }
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if ((error.statusCode ?? 500) >= 500 && !(error instanceof Refusal))
      log.error({ service: service.name, request: request.id, error: textOf(error) }, 'a request failed')
    return refuse(error, request, reply)
  })
  app.setNotFoundHandler((request, reply) => {
    const methods = known.methodsAt(pathOf(request))
    if (methods.length === 0) return refuse(new Refusal(404, 'There is nothing at this path'), request, reply)
    reply.header('allow', methods.join(', '))
    return refuse(new Refusal(405, `Request method '${request.method}' is not supported`), request, reply)
  })

  await app.register(rateLimit, {
    max: requestsPerMinuteMax,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { after }) => new Refusal(429, `Too many requests, try again in ${after}`),
  })
  await app.register(makegoodFastify, {
    services: [service],
    registry,
    title: service.name,
    version: '1.0.0',
    problems: false,
  })
  if (operations) await app.register(operationsRoutes, { services: [service], access: operations })
  await app.register(async scope => {
    scope.addHook('onRequest', () => untilStarted(started, () => new Refusal(503, `${service.name} is starting`)))
    routes(scope)
  })
  return app
}

export interface SpringServerOptions {
  readonly service: Service<string, any>
  readonly log: Log
  readonly registry: Registry
  readonly operations: Access | undefined
  readonly started: Promise<void>
  readonly requestsPerMinuteMax: number
}

/** A request that is refused: the status, and what to mend, with the name of the field. */
export class Refusal extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** The documented answers of a route, by status. */
export function answers(success: TSchema): object {
  return { 200: success, '4xx': SpringError, '5xx': SpringError }
}

const SpringError = Type.Object({
  timestamp: Type.String({ format: 'date-time' }),
  status: Type.Integer(),
  error: Type.String(),
  message: Type.String(),
  path: Type.String(),
})

function refuse(error: FastifyError | Refusal, request: FastifyRequest, reply: FastifyReply) {
  const status = error.statusCode ?? 500
  return reply.code(status).send({
    timestamp: new Date().toISOString(),
    status,
    error: STATUS_CODES[status] ?? 'Error',
    message: status < 500 || error instanceof Refusal ? error.message : 'The request failed for no fault of its own',
    path: pathOf(request),
  })
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0]!
}
