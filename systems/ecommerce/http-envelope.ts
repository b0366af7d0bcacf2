import cors, { type FastifyCorsOptions } from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import type {} from '@fastify/swagger'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Log, type PgClient, type Service, textOf } from 'makegood'
import { makegoodFastify } from 'makegood/fastify'
import { type Access, operationsRoutes } from 'makegood/operations'
import type { Registry } from 'prom-client'
import Type, { type TSchema } from 'typebox'
import { untilStarted } from '../runner/starting.ts'
import { unstorable } from './text.ts'

/** A server that answers in the documented envelope, whatever happens. */
export async function envelopeServer(options: EnvelopeServerOptions): Promise<FastifyInstance> {
  const { service, title, log, registry, operations, started, requestsPerMinuteMax } = options
  const app = Fastify({
    // Smaller than the largest message, so that every order that fits in here fits on the wire too.
    bodyLimit: 131_072,
    // Not even a URL that cannot be decoded has another shape of answer.
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
  })
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
    const { failure = 'Internal server error' } = request.routeOptions.config
    if ((error.statusCode ?? 500) >= 500 && !(error instanceof HttpFailure)) {
      log.error({ service: service.name, request: request.id, error: textOf(error) }, failure)
    }
    return refuse(error, request, reply)
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ success: false, message: 'Route not found' }))

  // The shop is open to every page; what operators see is not.
  await app.register(
    cors,
    () =>
      ({ url }: { url: string | undefined }, decide: (error: null, options: FastifyCorsOptions) => void) =>
        decide(null, {
          origin: url?.startsWith('/api/') ? '*' : false,
          exposedHeaders: ['X-Request-ID'],
          methods: ['GET', 'POST'],
        }),
  )
  await app.register(rateLimit, {
    max: requestsPerMinuteMax,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { after }) => new HttpFailure(429, `Too many requests, try again in ${after}`),
  })
  await app.register(makegoodFastify, {
    services: [service],
    registry,
    title: `${title} service`,
    version: '1.0.0',
    problems: false,
  })
  if (operations) await app.register(operationsRoutes, { services: [service], access: operations })
  app.addHook('onRequest', async ({ url }) => {
    if (url.startsWith('/api/') && url !== healthUrl)
      await untilStarted(started, () => new HttpFailure(503, `${title} service is starting`))
  })
  app.get(
    healthUrl,
    { schema: { tags: ['health'], summary: 'Whether the service answers', response: answers(Health) } },
    request => succeeded(request, `${title} service is healthy`, { service: service.name, status: 'healthy' }),
  )
  return app
}

const healthUrl = '/api/v1/health'

export interface EnvelopeServerOptions {
  readonly service: Service<string, PgClient>
  /** How the service is called in sentences. */
  readonly title: string
  readonly log: Log
  readonly registry: Registry
  readonly operations: Access | undefined
  readonly started: Promise<void>
  readonly requestsPerMinuteMax: number
}

/** A request that is refused: the status, the sentence for the envelope, and what it was about. */
export class HttpFailure extends Error {
  readonly statusCode: number
  readonly details: object | undefined

  constructor(statusCode: number, message: string, details?: object) {
    super(message)
    this.statusCode = statusCode
    this.details = details
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a request to this route is told when it fails for no fault of its own. */
    failure?: string
  }
}

export function succeeded<Data>(request: FastifyRequest, message: string, data: Data) {
  return { success: true, message, data, timestamp: new Date().toISOString(), request_id: request.id }
}

/** @throws HttpFailure 400, if the parameter is not a UUID. */
export function uuidParameter(request: FastifyRequest, name: string, message: string): string {
  const value = (request.params as Record<string, string>)[name] ?? ''
  if (!isUuid(value)) throw new HttpFailure(400, message, { [name]: value })
  return value.toLowerCase()
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}

/** The documented answers of a route, by status. */
export function answers(data: TSchema, successStatus = 200) {
  return {
    [successStatus]: Type.Object({
      success: Type.Literal(true),
      message: Type.String(),
      data,
      timestamp: Type.String({ format: 'date-time' }),
      request_id: Type.String(),
    }),
    '4xx': Failure,
    '5xx': Failure,
  }
}

const Health = Type.Object({ service: Type.String(), status: Type.Literal('healthy') })

const Failure = Type.Object({
  success: Type.Literal(false),
  message: Type.String(),
  error: Type.Optional(
    Type.Object({ code: Type.String(), message: Type.String(), details: Type.Optional(Type.Unknown()) }),
  ),
  timestamp: Type.Optional(Type.String({ format: 'date-time' })),
  request_id: Type.Optional(Type.String()),
})

function refuse(error: FastifyError | HttpFailure, request: FastifyRequest, reply: FastifyReply) {
  const status = error.statusCode ?? 500
  const { failure = 'Internal server error' } = request.routeOptions?.config ?? {}
  const message =
    error instanceof HttpFailure ? error.message : status >= 500 ? failure : (texts[status] ?? error.message)
  const details = error instanceof HttpFailure ? error.details : undefined
  return reply.code(status).send({
    success: false,
    message,
    error: { code: codes[status] ?? 'BAD_REQUEST', message, ...(details === undefined ? {} : { details }) },
    timestamp: new Date().toISOString(),
    request_id: request.id,
  })
}

const codes: { readonly [status: number]: string } = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
}

const texts: { readonly [status: number]: string } = { 413: 'Request body is too large' }

function jsonIn(text: string): unknown {
  const body = parsed(text)
  const field = unstorable(text, body)
  if (field !== undefined) throw unreadable(`${field} holds a character that cannot be stored`)
  return body
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreadable((error as Error).message)
  }
}

/** A body that cannot be taken as what it should be; the text names the field. */
export function unreadable(parseError: string): HttpFailure {
  return new HttpFailure(400, 'Invalid request body', { parse_error: parseError })
}
