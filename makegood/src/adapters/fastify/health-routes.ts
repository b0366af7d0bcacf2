import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { textOf } from '../../model/errors.ts'
import type { Closing } from './closing.ts'

/** A service as its health is seen from here. */
export interface ObservedService {
  readonly name: string
  health(): Promise<{ readonly ready: boolean; readonly reasons: readonly string[] }>
}

/**
 * `/livez` says that the process answers: who restarts it should ask nothing else, since a restart mends no database.
 * `/readyz` says whether it can do its work: database, broker, outbox; 503 and the reasons if not. `/health` says the same,
 * for whoever asks there.
 */
export function healthRoutes(app: FastifyInstance, services: readonly ObservedService[], closing: Closing): void {
  app.get('/livez', { schema: livez }, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return { alive: true }
  })

  const readiness = async (_request: FastifyRequest, reply: FastifyReply) => {
    const reports = await Promise.all(services.map(reportOn))
    const reasons = reports.flatMap(({ name, reasons }) => reasons.map(reason => `${name}: ${reason}`))
    if (closing.begun) reasons.push('The server is closing.')
    const ready = !closing.begun && reports.every(report => report.ready)
    reply.code(ready ? 200 : 503).header('cache-control', 'no-store')
    return { ready, reasons, services: reports }
  }
  app.get('/readyz', { schema: readyz }, readiness)
  app.get('/health', { schema: readyz }, readiness)
}

interface Report {
  readonly name: string
  readonly ready: boolean
  readonly reasons: readonly string[]
}

const answerMsMax = 2_000

/** Whoever asks has little patience, and a database that hangs answers nobody. */
async function reportOn(service: ObservedService): Promise<Report> {
  const { name } = service
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<Report>(resolve => {
    const report = { name, ready: false, reasons: [`It did not answer within ${answerMsMax} ms.`] }
    timer = setTimeout(() => resolve(report), answerMsMax)
  })
  const answer = service.health().then(
    health => ({ name, ...health }),
    error => ({ name, ready: false, reasons: [textOf(error)] }),
  )
  try {
    return await Promise.race([answer, silence])
  } finally {
    clearTimeout(timer)
  }
}

const livez = {
  tags: ['health'],
  summary: 'Whether the process answers',
  response: { 200: { type: 'object', properties: { alive: { type: 'boolean' } } } },
}

const report = {
  type: 'object',
  properties: {
    ready: { type: 'boolean' },
    reasons: { type: 'array', items: { type: 'string' } },
    services: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          ready: { type: 'boolean' },
          reasons: { type: 'array', items: { type: 'string' } },
        },
        additionalProperties: true,
      },
    },
  },
}

const readyz = {
  tags: ['health'],
  summary: 'Whether the services can do their work: database, broker, outbox',
  response: { 200: report, 503: report },
}
