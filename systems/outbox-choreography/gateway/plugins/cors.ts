import type { FastifyReply } from 'fastify'
import Type, { type Static } from 'typebox'
import type { Plugin } from '../plugin.ts'

const Config = Type.Object(
  {
    origins: Type.Array(Type.Literal('*'), { minItems: 1, maxItems: 1 }),
    methods: Type.Array(Type.Enum(['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS']), { minItems: 1 }),
    exposed_headers: Type.Optional(Type.Array(Type.String())),
    credentials: Type.Optional(Type.Boolean()),
    max_age: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
)

/** Lets pages from everywhere ask. A preflight is answered here; any other OPTIONS is the service's own affair. */
export const cors: Plugin<typeof Config> = {
  name: 'cors',
  config: Config,
  apply(app, config) {
    app.addHook('onRequest', async ({ method, headers }, reply) => {
      const { origin, 'access-control-request-method': wanted } = headers
      if (origin === undefined) return
      allow(reply, origin, config)
      if (method !== 'OPTIONS' || wanted === undefined) return
      const asked = headers['access-control-request-headers']
      reply.header('access-control-allow-methods', config.methods.join(','))
      if (asked !== undefined) reply.header('access-control-allow-headers', asked)
      if (config.max_age !== undefined) reply.header('access-control-max-age', String(config.max_age))
      await reply.code(200).send()
    })
  },
}

function allow(
  reply: FastifyReply,
  origin: string,
  { credentials, exposed_headers = [] }: Static<typeof Config>,
): void {
  if (credentials) {
    // With credentials a browser does not take the star for an answer.
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'Origin' })
  } else {
    reply.header('access-control-allow-origin', '*')
  }
  if (exposed_headers.length > 0) reply.header('access-control-expose-headers', exposed_headers.join(','))
}
