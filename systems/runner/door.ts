import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/**
 * A port of this process. It stays open while those who answer at it come and go: who asks for one that is away is told
 * so with 503, and finds it again at the same address.
 */
export class Door {
  readonly #server: Server
  readonly #name: string
  #inside: readonly Inside[] = []

  /** Nobody is inside yet. `name` is who lives there, for whoever asks in vain. */
  constructor(name: string) {
    this.#name = name
    this.#server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => this.#hand(request, response))
  }

  /** @throws what Node says of a port that cannot be had. */
  async open(address: { readonly host: string; readonly port: number }): Promise<void> {
    this.#server.listen(address)
    await once(this.#server, 'listening')
  }

  /** From now on `app` answers under the path; of several it is the one with the longest. It must not have begun. */
  async admit(app: FastifyInstance, path = ''): Promise<void> {
    const underWay = new Set<ServerResponse>()
    // Before anything that its routes need is let go of.
    app.addHook('onClose', () => ended(underWay))
    await app.ready()
    this.#inside = [...this.#inside, { app, path, underWay }].sort((one, other) => other.path.length - one.path.length)
  }

  /** Closes `app` when it has answered what it was asked. */
  async release(app: FastifyInstance): Promise<void> {
    await app.close()
    this.#inside = this.#inside.filter(inside => inside.app !== app)
  }

  /** Closes whoever is inside, and then the port. */
  async close(): Promise<void> {
    await Promise.all(this.#inside.map(({ app }) => this.release(app)))
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  #hand(request: IncomingMessage, response: ServerResponse): void {
    const inside = this.#inside.find(({ path }) => isBelow(request.url ?? '', path))
    if (inside === undefined) return sendAway(response, `${this.#name} is stopped at present.`)
    const { app, underWay } = inside
    underWay.add(response)
    response.once('close', () => underWay.delete(response))
    app.routing(request, response)
  }
}

interface Inside {
  readonly app: FastifyInstance
  readonly path: string
  /** What it has still to answer. */
  readonly underWay: Set<ServerResponse>
}

/** What Fastify gives its own servers. */
const keepAliveMs = 72_000
/** How long a request may take once whoever answers it is to close. */
const answerMsMax = 5_000

async function ended(underWay: ReadonlySet<ServerResponse>): Promise<void> {
  const cutOff = setTimeout(() => {
    for (const response of underWay) response.destroy()
  }, answerMsMax)
  await Promise.all([...underWay].map(response => once(response, 'close')))
  clearTimeout(cutOff)
}

function isBelow(url: string, path: string): boolean {
  return url.startsWith(path) && (path === '' || ['/', '?', undefined].includes(url[path.length]))
}

function sendAway(response: ServerResponse, detail: string): void {
  const type = 'application/problem+json; charset=utf-8'
  const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, detail }
  response
    .writeHead(503, { 'content-type': type, 'retry-after': '1', connection: 'close' })
    .end(JSON.stringify(problem))
}
