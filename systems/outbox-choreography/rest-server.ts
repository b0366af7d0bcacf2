import type {} from '@fastify/swagger'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Log, type PgClient, type Service, textOf } from 'makegood'
import { makegoodFastify } from 'makegood/fastify'
import { type Access, operationsRoutes } from 'makegood/operations'
import type { Registry } from 'prom-client'
import Type from 'typebox'
import type { Database } from '../runner/database.ts'
import { KnownRoutes } from '../runner/known-routes.ts'
import { untilStarted } from '../runner/starting.ts'
import { prefixOf } from './forwarded.ts'

/** A server whose refusals have the documented shapes: `{"detail": …}`, or the fields of a body with their texts. */
export async function restServer(options: RestServerOptions): Promise<FastifyInstance> {
  const { service, database, log, registry, operations, started, trustedProxies } = options
  const app = Fastify({
    // No body of this API comes near it.
    bodyLimit: 65_536,
    trustProxy: [...trustedProxies],
    // Not even a URL that cannot be decoded has another shape of answer.
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
  })
  const known = new KnownRoutes(app)
  // The schemas document; what is wrong with a request is said in the documented words by whoever reads it.
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => JSON.stringify)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)))
    } catch (error) {
      done(new Refusal(400, { detail: `JSON parse error - ${(error as Error).message}` }))
    }
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof Refusal || (error.statusCode ?? 500) < 500) return refuse(error, request, reply)
    log.error({ service: service.name, request: request.id, error: textOf(error) }, `${request.method} failed`)
    if (!database.isAway(error)) return refuse(error, request, reply)
    return refuse(new Refusal(503, { detail: 'The database does not answer at present.' }), request, reply)
  })
  app.setNotFoundHandler(() => {
    throw notFound()
  })

  await app.register(makegoodFastify, {
    services: [service],
    registry,
    title: `${service.name} service`,
    version: '1.0.0',
    problems: false,
  })
  if (operations) await app.register(operationsRoutes, { services: [service], access: operations })
  const tooLate = () => new Refusal(503, { detail: `The ${service.name} service is starting.` })
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/api/')) return
    // Before its body is looked at: whatever it is, nobody would take it.
    if (request.is404) return sendAway(request, reply, known)
    await untilStarted(started, tooLate)
  })
  return app
}

export interface RestServerOptions {
  readonly service: Service<string, PgClient>
  readonly database: Database
  readonly log: Log
  readonly registry: Registry
  readonly operations: Access | undefined
  readonly started: Promise<void>
  /** Whose word is taken for who asks: addresses and ranges of the gateway, and names for them that Fastify knows. */
  readonly trustedProxies: readonly string[]
}

/** A request that is refused: the status, and the whole answer. */
export class Refusal extends Error {
  readonly statusCode: number
  readonly answer: object

  constructor(statusCode: number, answer: object) {
    super(JSON.stringify(answer))
    this.statusCode = statusCode
    this.answer = answer
  }
}

export function notFound(): Refusal {
  return new Refusal(404, { detail: 'Not found.' })
}

/** For the description of a route. */
export const Detail = Type.Object({ detail: Type.String() })

/** Of what is not there as it was asked for: whether it is with another method, or with a slash at its end. */
function sendAway(request: FastifyRequest, reply: FastifyReply, known: KnownRoutes): FastifyReply {
  const [path = '', query] = request.url.split('?')
  const allowed = known.methodsAt(path)
  if (allowed.length > 0) {
    reply.header('allow', allowed.join(', '))
    throw new Refusal(405, { detail: `Method "${request.method}" not allowed.` })
  }
  if (request.method !== 'GET' || !known.methodsAt(`${path}/`).includes('GET')) throw notFound()
  return reply.redirect(`${prefixOf(request)}${path}/${query === undefined ? '' : `?${query}`}`, 301)
}

function refuse(error: FastifyError | Refusal, request: FastifyRequest, reply: FastifyReply) {
  const status = error.statusCode ?? 500
  return reply.code(status).send(error instanceof Refusal ? error.answer : { detail: sentence(status, error, request) })
}

function sentence(status: number, error: Error, { headers }: FastifyRequest): string {
  if (status === 415) return `Unsupported media type "${headers['content-type'] ?? ''}" in request.`
  if (status === 413) return 'The request is too large.'
  return status >= 500 ? 'A server error occurred.' : error.message
}
