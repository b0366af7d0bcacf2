import type { FastifyInstance } from 'fastify'
import { answerWithProblems } from './problem.ts'

/** A Fastify server, for those above who describe routes and leave the serving to this adapter. */
export type Server = FastifyInstance

/** Something that can be read, and changes nothing. */
export interface Reading {
  readonly path: string
  readonly schema: object
  answer(asked: Asked): Promise<object>
}

export interface Asked {
  readonly params: { readonly [name: string]: string }
  readonly query: { readonly [name: string]: unknown }
}

/** Serves readings under a prefix, with problems for errors, whatever shape the rest of the server gives to its own. */
export async function serveReadings(app: Server, prefix: string, readings: readonly Reading[]): Promise<void> {
  await app.register(
    async scope => {
      answerWithProblems(scope)
      for (const { path, schema, answer } of readings) {
        scope.get<{ Params: Asked['params']; Querystring: Asked['query'] }>(path, { schema }, ({ params, query }) =>
          answer({ params, query }),
        )
      }
    },
    { prefix },
  )
}
