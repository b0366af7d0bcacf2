import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import type { TSchema } from 'typebox'
import { answerWithProblems, RequestRefused } from '../adapters/fastify/problem.ts'
import { withTimeLimit } from '../engine/time-limit.ts'
import { type Access, type Admitted, checkRole } from './access.ts'
import { checkerOf, type RequestPart } from './checking.ts'
import { type Route, type RouteName, routes } from './contract.ts'
import type { Answers, Questions } from './exchange.ts'
import { ProblemSchema, schemas } from './schemas.ts'

/** What answers each route. */
export type Answering = {
  readonly [Name in RouteName]: (
    question: Questions[Name],
    admitted: Admitted,
  ) => Promise<Answers[Name]> | Answers[Name]
}

/**
 * Serves every route there is under `/operations`, in a scope of its own: whatever the server around it has in the place
 * of Fastify's parsing, checking and writing, requests are read, checked and answered here in one way.
 */
export async function serve(app: FastifyInstance, access: Access, answering: Answering): Promise<void> {
  await app.register(
    async scope => {
      answerWithProblems(scope)
      readJsonAlone(scope)
      scope.setValidatorCompiler(({ schema, httpPart }) => checked(httpPart, schema))
      scope.setSerializerCompiler(() => value => JSON.stringify(value))
      scope.addHook('onRequest', async (_request, reply) => {
        reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      })
      for (const name of Object.keys(routes) as RouteName[]) addRoute(scope, name, access, answering)
    },
    { prefix: '/operations' },
  )
}

function addRoute(scope: FastifyInstance, name: RouteName, access: Access, answering: Answering): void {
  const { method, path, role } = routes[name]
  const asking = new WeakMap<FastifyRequest, Admitted>()
  const answer = answering[name] as (question: unknown, admitted: Admitted) => Promise<unknown>
  scope.route({
    method,
    url: path,
    schema: schemaOf(name),
    bodyLimit: bodyBytesMax,
    exposeHeadRoute: false,
    // Before the body is read: nobody has to be let in to be refused.
    onRequest: async request => {
      const admitted = await access.admit({ headers: request.headers, ip: request.ip })
      checkRole(admitted.caller, role, `${method} ${path}`)
      asking.set(request, admitted)
    },
    handler: async (request, reply) => {
      const { params, query, body } = request
      const question = method === 'GET' ? { ...(params as object), ...(query as object) } : body
      const answered = await inTime(method, Promise.resolve(answer(question, asking.get(request)!)))
      if (answered instanceof Readable) reply.headers(streamHeaders)
      return answered
    },
  })
}

/** A database that hangs answers nobody, and whoever asks is to know it. */
function inTime<Answer>(method: Route['method'], answer: Promise<Answer>): Promise<Answer> {
  const ms = answerMsMax[method]
  const doubt = method === 'POST' ? ' Whether it was done is not known: look before you ask again.' : ''
  return withTimeLimit(answer, ms, () => new RequestRefused(503, `There was no answer within ${ms / 1_000} s.${doubt}`))
}

const answerMsMax = { GET: 10_000, POST: 120_000 }

/** A body that is no JSON is refused: what a page in somebody's browser may send without asking first is none. */
function readJsonAlone(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, scope.getDefaultJsonParser('error', 'error'))
  scope.addContentTypeParser('*', ({ headers }, _body, done) => {
    done(new RequestRefused(415, `A body is application/json, and not ${headers['content-type']}.`))
  })
}

/** As much as two hundred items need, and a payload that is edited. */
const bodyBytesMax = 1_048_576

function checked(httpPart: string | undefined, schema: unknown): (value: unknown) => object {
  const part = httpPart === 'querystring' ? 'query' : (httpPart as RequestPart)
  const check = checkerOf(part, schema as TSchema)
  return value => {
    try {
      return { value: check(value) }
    } catch (error) {
      return { error }
    }
  }
}

function schemaOf(name: RouteName): FastifySchema {
  const { answer, ...asked } = schemas[name]
  const problem = {
    description: 'A problem, RFC 9457',
    content: { 'application/problem+json': { schema: ProblemSchema } },
  }
  const type = name === 'changes' ? 'text/event-stream' : 'application/json'
  const answered = { description: routes[name].summary, content: { [type]: { schema: answer } } }
  return {
    ...asked,
    response: { 200: answered, '4xx': problem, '5xx': problem },
    // What @fastify/swagger reads beside.
    ...{
      tags: ['operations'],
      summary: routes[name].summary,
      operationId: name,
      description: `For ${routes[name].role}s.`,
    },
  }
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  // A proxy is neither to gather nor to change it.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  // It is over when it ends: a server that closes waits for no connection that is kept.
  connection: 'close',
}
