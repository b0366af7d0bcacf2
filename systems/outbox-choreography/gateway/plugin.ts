import type { FastifyInstance } from 'fastify'
import type { Static, TSchema } from 'typebox'

/** A plugin of Kong's that this gateway has too. */
export interface Plugin<Config extends TSchema> {
  readonly name: string
  readonly config: Config
  apply(app: FastifyInstance, config: Static<Config>): void
}
