import type { FastifyInstance } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { correlationId } from './plugins/correlation-id.ts'
import { cors } from './plugins/cors.ts'
import { rateLimiting } from './plugins/rate-limiting.ts'
import { requestSizeLimiting } from './plugins/request-size-limiting.ts'

/** A plugin of Kong's that this gateway has too. */
export interface Plugin<Config extends TSchema> {
  readonly name: string
  readonly config: Config
  apply(app: FastifyInstance, config: Static<Config>): void
}

/** In the order in which Kong runs them, whatever the order in the file. */
export const plugins: readonly Plugin<TSchema>[] = [correlationId, cors, requestSizeLimiting, rateLimiting]
