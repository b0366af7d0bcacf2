import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { closePromptly } from 'makegood/fastify'
import type { ConsoleOptions } from './options.ts'
import { consolePlugin } from './plugin.ts'

/** The console by itself, for the services of any number of systems: a server that is to be told to listen. */
export async function consoleServer(
  options: ConsoleOptions & Pick<FastifyServerOptions, 'logger' | 'trustProxy'>,
): Promise<FastifyInstance> {
  const { logger = false, trustProxy = false, ...console } = options
  const app = fastify({ logger, trustProxy, bodyLimit: bodyBytesMax, forceCloseConnections: 'idle' })
  closePromptly(app)
  await app.register(consolePlugin, console)
  app.get('/', (_, reply) => reply.redirect('/console/'))
  app.get('/healthz', () => ({ status: 'ok' }))
  return app
}

/** Of an action on as many items as there may be, or with a payload in it. */
const bodyBytesMax = 8 * 1_048_576
