import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, MakegoodError } from '../../model/errors.ts'

/** RFC 9457, with the request's id, and the fields in trouble if there are any. */
export interface Problem {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly requestId: string
  /** The code of an error of makegood's own. */
  readonly code?: ErrorCode
  readonly errors?: readonly FieldError[]
}

export interface FieldError {
  /** Where it is: `body.items.0.id`, `query.limit`. */
  readonly field: string
  readonly message: string
}

/** A request that is refused for what it is: who asked is told all of it. */
export class RequestRefused extends Error {
  readonly statusCode: number
  readonly errors: readonly FieldError[]
  readonly headers: { readonly [name: string]: string }

  constructor(
    statusCode: number,
    message: string,
    { errors = [], headers = {} }: Partial<Pick<RequestRefused, 'errors' | 'headers'>> = {},
  ) {
    super(message)
    this.statusCode = statusCode
    this.errors = errors
    this.headers = headers
  }
}

export function answerWithProblems(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>(answerWithProblem)
  app.setNotFoundHandler((request, reply) => {
    const detail = `There is no ${request.method} ${request.url.split('?')[0]}.`
    return answer(problem(404, detail, request.id), reply)
  })
}

/**
 * What no route and no error handler gets to see, such as a path that cannot be decoded, as a problem too: it is an
 * option of the server itself.
 *
 * @example
 * const app = Fastify({ frameworkErrors })
 */
export function frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  // Nor do hooks.
  reply.header('X-Request-ID', request.id)
  answerWithProblem(error, request, reply)
}

function answerWithProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id)
  if (problem.status >= 500) request.log.error({ err: error }, error.message)
  if (error instanceof RequestRefused) reply.headers(error.headers)
  return answer(problem, reply)
}

function answer(problem: Problem, reply: FastifyReply): FastifyReply {
  return reply.code(problem.status).type(contentType).send(JSON.stringify(problem))
}

/** What a caller may know of an error: everything if it is the caller's, nothing from inside if it is ours. */
export function problemOf(error: Error, requestId: string): Problem {
  const status = statusOf(error)
  const code = error instanceof MakegoodError ? { code: error.code } : {}
  const errors = error instanceof RequestRefused ? error.errors : fieldsOf(error as FastifyError)
  const detail = status < 500 || status === 503 ? error.message : 'The request could not be handled; the log says why.'
  return { ...problem(status, detail, requestId), ...code, ...(errors.length > 0 ? { errors } : {}) }
}

const contentType = 'application/problem+json; charset=utf-8'

function problem(status: number, detail: string, requestId: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, requestId }
}

function statusOf(error: Error): number {
  if (error instanceof MakegoodError) return statuses[error.code] ?? 500
  const { statusCode = 500 } = error as FastifyError
  return statusCode >= 400 && statusCode <= 599 ? statusCode : 500
}

/** The others are ours, and 500. */
const statuses: { readonly [Code in ErrorCode]?: number } = {
  SAGA_UNKNOWN: 404,
  ACTION_REFUSED: 409,
  ACTION_OUTDATED: 409,
  PAYLOAD_INVALID: 422,
  MESSAGE_TOO_LARGE: 413,
  STORE_UNAVAILABLE: 503,
  TRANSPORT_UNAVAILABLE: 503,
  RESULT_TIMEOUT: 504,
}

/** Fastify reports a missing field at the object around it; a person looks for the field. */
function fieldsOf({ validation, validationContext = 'body' }: FastifyError): FieldError[] {
  return (validation ?? []).map(({ instancePath, params, message = 'is not valid' }) => {
    const missing = params['missingProperty']
    const path = typeof missing === 'string' ? `${instancePath}/${missing}` : instancePath
    return {
      field: [validationContext, ...path.split('/').slice(1)].join('.'),
      message: typeof missing === 'string' ? 'is missing' : message,
    }
  })
}
