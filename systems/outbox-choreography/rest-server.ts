import type {} from '@fastify/swagger'
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchema,
  type HTTPMethods,
} from 'fastify'
import { type Log, type PgClient, type Service, textOf } from 'makegood'
import { makegoodFastify } from 'makegood/fastify'
import { operationsRoutes } from 'makegood/operations'
import type { Registry } from 'prom-client'
import Type from 'typebox'
import type { Database } from '../runner/database.ts'
import { prefixOf } from './forwarded.ts'
import { untilStarted } from '../runner/starting.ts'

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
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ detail: 'Not found.' }))

  await app.register(makegoodFastify, {
    services: [service],
    registry,
    title: `${service.name} service`,
    version: '1.0.0',
    problems: false,
  })
  if (operations) await app.register(operationsRoutes, { services: [service] })
  const tooLate = () => new Refusal(503, { detail: `The ${service.name} service is starting.` })
  app.addHook('onRequest', async ({ url }) => {
    if (url.startsWith('/api/')) await untilStarted(started, tooLate)
  })
  return app
}

export interface RestServerOptions {
  readonly service: Service<string, PgClient>
  readonly database: Database
  readonly log: Log
  readonly registry: Registry
  readonly operations: boolean
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

/** Answers a path that ends with a slash: other methods are refused, and who leaves the slash away is sent to it. */
export function endpoint(app: FastifyInstance, path: `/${string}/`, methods: Methods): void {
  const allowed = Object.keys(methods) as HTTPMethods[]
  for (const [method, { schema, handle }] of Object.entries(methods)) {
    app.route({ method, url: path, schema, handler: handle })
  }
  app.route({
    method: otherThan(allowed),
    url: path,
    schema: { hide: true },
    // Before the body is looked at: whatever it is, it would not be taken.
    onRequest: async (request, reply) => {
      reply.header('allow', allowed.join(', '))
      throw new Refusal(405, { detail: `Method "${request.method}" not allowed.` })
    },
    handler: async () => {},
  })
  app.get(path.slice(0, -1), { schema: { hide: true } }, (request, reply) => {
    const [asked = '', query] = request.url.split('?')
    return reply.redirect(`${prefixOf(request)}${asked}/${query === undefined ? '' : `?${query}`}`, 301)
  })
}

export interface Methods {
  readonly [method: string]: {
    readonly schema: FastifySchema
    readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
  }
}

/** For the description of a route. */
export const Detail = Type.Object({ detail: Type.String() })

function otherThan(allowed: readonly string[]): HTTPMethods[] {
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
    method => !allowed.includes(method),
  ) as HTTPMethods[]
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
