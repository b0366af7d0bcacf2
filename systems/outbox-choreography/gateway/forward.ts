import { pipeline, Transform } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Log, textOf } from 'makegood'
import { type Dispatcher, Pool } from 'undici'
import { GatewayFailure } from './failure.ts'
import { requestHeaders, responseHeaders } from './headers.ts'
import type { KongService } from './kong-file.ts'
import { bodyTooLarge } from './plugins/request-size-limiting.ts'
import type { Match } from './route-table.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** How large the body may be; one without a declared length is counted as it passes. */
    bodyBytesMax: number
  }
}

interface ForwarderOptions {
  readonly upstreams: { readonly [host: string]: string }
  readonly log: Log
}

/** Hands requests on to the services, and their answers back, neither of them held as a whole. */
export class Forwarder {
  readonly #pools: ReadonlyMap<string, Pool>
  readonly #log: Log

  constructor(services: readonly KongService[], { upstreams, log }: ForwarderOptions) {
    this.#pools = new Map(services.map(service => [service.name, poolOf(service, upstreams)]))
    this.#log = log
  }

  /** @throws GatewayFailure, if the service gives no answer. */
  async forward(request: FastifyRequest, reply: FastifyReply, match: Match): Promise<void> {
    const { service, url } = match
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    const response = await this.#ask(service, {
      method: request.method as Dispatcher.HttpMethod,
      path: url,
      headers: requestHeaders(request, match),
      body: bodyOf(request),
      signal: gone.signal,
    })
    if (response === 'nobody waits') return void reply.hijack()
    // From here on it is the service's answer as it comes: its headers at once, and cut off where the service cuts off.
    reply.raw.writeHead(response.statusCode, responseHeaders(response.headers, reply)).flushHeaders()
    reply.hijack()
    // Heard before the client's connection is ended for it: after that nobody could say which of the two went first.
    response.body.once('error', error => gone.signal.aborted || this.#warn(service, error))
    pipeline(response.body, reply.raw, () => {})
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.destroy()))
  }

  async #ask(
    service: KongService,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData | 'nobody waits'> {
    try {
      return await this.#pools.get(service.name)!.request(options)
    } catch (error) {
      if (error instanceof GatewayFailure) throw error
      if ((options.signal as AbortSignal).aborted) return 'nobody waits'
      this.#warn(service, error)
      throw failureOf(error)
    }
  }

  #warn({ name, url }: KongService, error: unknown): void {
    this.#log.warn({ upstream: name, url, error: textOf(error) }, `${name} gave no whole answer`)
  }
}

function poolOf(service: KongService, upstreams: ForwarderOptions['upstreams']): Pool {
  const { connect_timeout = 60_000, read_timeout = 60_000 } = service
  return new Pool(upstreams[new URL(service.url).hostname] ?? service.url, {
    connect: { timeout: connect_timeout },
    headersTimeout: read_timeout,
    bodyTimeout: read_timeout,
  })
}

/**
 * The body on its way to the service. The client's own stream is not handed over: a service that answers before it has
 * read all would have it destroyed, and the client's connection with it before the answer.
 */
function bodyOf({ raw, headers, bodyBytesMax }: FastifyRequest): Transform | null {
  if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) return null
  let bytes = 0
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > bodyBytesMax) done(bodyTooLarge())
      else done(null, chunk)
    },
  })
  // What is still to come is read and forgotten: a client that is writing would not hear the answer.
  body.once('close', () => raw.unpipe(body).resume())
  // Whoever hands it on hears of its errors first; this is for those that come later.
  body.on('error', () => {})
  return raw.pipe(body)
}

/** In Kong's words. A service that is down is 503 here, whether its name is known or not. */
function failureOf(error: unknown): GatewayFailure {
  const { code } = error as { code?: string }
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new GatewayFailure(503, 'The upstream server is currently unavailable')
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
      return new GatewayFailure(504, 'The upstream server is timing out')
    default:
      return new GatewayFailure(502, 'An invalid response was received from the upstream server')
  }
}
