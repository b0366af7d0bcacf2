import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { MakegoodError } from 'makegood'
import { RefusedError, UnreachableError } from 'makegood/operations/client'
import type { ProblemView } from 'makegood/operations/contract'

/** What the console refuses itself; what services refuse is handed on as they say it. */
export class ConsoleProblem extends Error {
  readonly status: number

  constructor(status: number, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.name = 'ConsoleProblem'
    this.status = status
  }
}

/** Every error as a problem document (RFC 9457). What is not known here says nothing of its inside. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error)
  if (problem.status >= 500) request.log.error(error)
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send({ ...problem, requestId: request.id })
}

type Problem = Omit<ProblemView, 'requestId'>

function problemOf(error: unknown): Problem {
  if (error instanceof ConsoleProblem) return problem(error.status, error.message)
  if (error instanceof RefusedError) return { ...problem(error.problem.status, error.message), ...error.problem }
  if (error instanceof UnreachableError) return problem(error.unreachable.status === 403 ? 403 : 502, error.message)
  if (error instanceof MakegoodError && error.code === 'OPTION_INVALID') return problem(400, error.message)
  const { statusCode = 500, message } = error as Partial<FastifyError>
  if (statusCode < 500) return problem(statusCode, message ?? '')
  return problem(500, 'The console met an error of its own. Its log has it under the id of this request.')
}

function problem(status: number, detail: string): Problem {
  return { status, title: titles[status] ?? 'That did not work', detail }
}

const titles: { readonly [status: number]: string } = {
  400: 'The question is wrong',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Not there',
  413: 'Too large',
  415: 'Not understood',
  429: 'Too many attempts',
  500: 'An error',
  502: 'A service does not answer',
  503: 'Not ready',
}
