import { fileURLToPath } from 'node:url'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Log, textOf } from 'makegood'
import { adminRoutes } from './admin.ts'
import { closeWithin } from './closing.ts'
import { GatewayFailure } from './failure.ts'
import { Forwarder } from './forward.ts'
import { type KongFile, readKongFile } from './kong-file.ts'
import { plugins } from './plugins.ts'
import { RouteTable } from './route-table.ts'

export interface GatewayOptions {
  /** The declarative file that Kong would be run with. @defaultValue this system's `kong.yml` */
  readonly file?: string
  /** Where services answer that the file calls by the names of containers: `{ order: 'http://localhost:8000' }`. */
  readonly upstreams?: { readonly [host: string]: string }
  readonly log: Log
}

/** Two servers that do not listen yet: what the world asks, and the read-only part of Kong's admin API. */
export interface Gateway {
  readonly proxy: FastifyInstance
  readonly admin: FastifyInstance
}

/**
 * Does what Kong does with a declarative file, as far as the file of this system needs it; what it does not do is
 * refused by name.
 *
 * @throws Trouble, saying where in the file and why.
 */
export function gateway({ file = ownFile, upstreams = {}, log }: GatewayOptions): Gateway {
  const kong = readKongFile(file)
  const proxy = proxyServer(kong, upstreams, log)
  return { proxy, admin: adminServer(kong, proxy, log) }
}

const ownFile: string = fileURLToPath(new URL('../kong.yml', import.meta.url))

function proxyServer(kong: KongFile, upstreams: { readonly [host: string]: string }, log: Log): FastifyInstance {
  const app = server(log)
  app.decorateRequest('bodyBytesMax', Number.POSITIVE_INFINITY)
  for (const { name, apply } of plugins) {
    const plugin = kong.plugins.find(plugin => plugin.name === name)
    if (plugin !== undefined) apply(app, plugin.config)
  }
  const routes = new RouteTable(kong.services)
  const forwarder = new Forwarder(kong.services, { upstreams, log })
  // A hook and no handler: before one is called, Fastify has an opinion on the body.
  const forward = async (request: FastifyRequest, reply: FastifyReply) => {
    const match = routes.match(request.raw.url ?? '')
    if (match === undefined) throw new GatewayFailure(404, 'no Route matched with those values')
    await forwarder.forward(request, reply, match)
  }
  app.all('/*', { onRequest: forward }, () => {})
  app.addHook('onClose', () => forwarder.close())
  return app
}

function adminServer(kong: KongFile, proxy: FastifyInstance, log: Log): FastifyInstance {
  const app = server(log)
  adminRoutes(app, kong, proxy)
  return app
}

/** A server that says in Kong's shape what it has to say itself. */
function server(log: Log): FastifyInstance {
  const app = Fastify({
    requestTimeout: requestMsMax,
    // Not even a URL that cannot be decoded has another shape of answer.
    frameworkErrors: (error, _request, reply) => say(reply, error.statusCode ?? 400, error.message),
  })
  // Bodies are for whoever is behind this: nothing here reads one.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  app.setNotFoundHandler((_request, reply) => say(reply, 404, 'Not found'))
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode = 500 } = error
    if (!(error instanceof GatewayFailure)) log.error({ url: request.url, error: textOf(error) }, 'The gateway failed')
    const message = statusCode < 500 || error instanceof GatewayFailure ? error.message : 'An unexpected error occurred'
    say(reply, statusCode, message)
  })
  closeWithin(app, closingMsMax)
  return app
}

/** How long a client may take to send a request. */
const requestMsMax = 300_000
/** How long what is under way may take once the gateway is told to stop; a stream may never end by itself. */
const closingMsMax = 5_000

function say(reply: FastifyReply, status: number, message: string): void {
  void reply.code(status).send({ message })
}
