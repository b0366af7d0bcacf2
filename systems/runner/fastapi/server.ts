import rateLimit from '@fastify/rate-limit'
import type {} from '@fastify/swagger'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { type Log, type PgClient, type Service, textOf } from 'makegood'
import { makegoodFastify } from 'makegood/fastify'
import { type Access, operationsRoutes } from 'makegood/operations'
import type { Registry } from 'prom-client'
import Type, { type TSchema } from 'typebox'
import { KnownRoutes } from '../known-routes.ts'
import { untilStarted } from '../starting.ts'
import { HttpRefusal } from './fields.ts'

/** A server that answers as the documented ones do, which are made with FastAPI, whatever happens. */
export async function documentedServer(
  options: ServerOptions,
  routes: (app: FastifyInstance) => void,
): Promise<FastifyInstance> {
  const { services, title, message, log, registry, operations, started, requestsPerMinuteMax } = options
  const app = Fastify({
    bodyLimit: 16_384,
    frameworkErrors: (error, _request, reply) => void refuse(error, reply),
  })
  const known = new KnownRoutes(app)
  // The schemas document; what is wrong with a request is said in the page's words by whoever reads it.
  app.setValidatorCompiler(() => () => true)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, jsonIn(String(body)))
    } catch (error) {
      done(error as Error)
    }
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if ((error.statusCode ?? 500) >= 500 && !(error instanceof HttpRefusal))
      log.error({ service: services[0]?.name, request: request.id, error: textOf(error) }, 'a request failed')
    return refuse(error, reply)
  })
  app.setNotFoundHandler((request, reply) => {
    const [path = '', query] = request.url.split('?')
    const methods = known.methodsAt(path)
    if (methods.length > 0) {
      return reply.code(405).header('allow', methods.join(', ')).send({ detail: 'Method Not Allowed' })
    }
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
    if (known.methodsAt(other).length === 0) return reply.code(404).send({ detail: 'Not Found' })
    return reply.redirect(query === undefined ? other : `${other}?${query}`, 307)
  })

  await app.register(rateLimit, {
    max: requestsPerMinuteMax,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { after }) => new HttpRefusal(429, `Too many requests, try again in ${after}`),
  })
  await app.register(makegoodFastify, { services, registry, title, version: '1.0.0', problems: false })
  if (operations) await app.register(operationsRoutes, { services, access: operations })
  app.get('/', { schema: healthSchema }, () => ({ message }))
  await app.register(async scope => {
    scope.addHook('onRequest', () => untilStarted(started, () => new HttpRefusal(503, `${title} is starting`)))
    routes(scope)
  })
  return app
}

export interface ServerOptions {
  /** Those of makegood that stand behind it. */
  readonly services: readonly Service<string, PgClient>[]
  readonly title: string
  /** What `GET /` says. */
  readonly message: string
  readonly log: Log
  readonly registry: Registry
  readonly operations: Access | undefined
  readonly started: Promise<void>
  readonly requestsPerMinuteMax: number
}

/** The documented answers of a route, by status. */
export function answers(success: TSchema): object {
  return { 200: success, '4xx': Refusal, 503: Refusal }
}

const Refusal = Type.Object({ detail: Type.Unknown() })

const healthSchema = {
  tags: ['health'],
  summary: 'Whether the service answers',
  response: answers(Type.Object({ message: Type.String() })),
}

function refuse(error: FastifyError | HttpRefusal, reply: FastifyReply) {
  const status = error.statusCode ?? 500
  reply.code(status)
  if (error instanceof HttpRefusal) return reply.send({ detail: error.detail })
  if (status < 500) return reply.send({ detail: error.message })
  return reply.type('text/plain; charset=utf-8').send('Internal Server Error')
}

/** No body at all is for whoever reads it to refuse. */
function jsonIn(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    const says = (error as Error).message
    const at = Number(/at position (\d+)/.exec(says)?.[1] ?? 0)
    const issue = { type: 'json_invalid', loc: ['body', at], msg: 'JSON decode error', input: {}, ctx: { error: says } }
    throw new HttpRefusal(422, [issue])
  }
}
