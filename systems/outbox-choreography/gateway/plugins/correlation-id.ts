import { randomUUID } from 'node:crypto'
import Type from 'typebox'
import type { Plugin } from '../plugin.ts'

const Config = Type.Object(
  {
    header_name: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9-]+$' })),
    generator: Type.Literal('uuid'),
    echo_downstream: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

/** Every request has an id for the services and their logs: the client's own, or a new one. */
export const correlationId: Plugin<typeof Config> = {
  name: 'correlation-id',
  config: Config,
  apply(app, { header_name = 'Kong-Request-ID', echo_downstream = false }) {
    const name = header_name.toLowerCase()
    app.addHook('onRequest', async ({ raw }, reply) => {
      raw.headers[name] ||= randomUUID()
      if (echo_downstream) reply.header(name, raw.headers[name])
    })
  },
}
