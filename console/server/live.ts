import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Parts, Told } from 'makegood/operations/client'
import { type Change, routes, type ServiceView } from 'makegood/operations/contract'
import type { Answer } from './contract.ts'
import type { LastKnown } from './last-known.ts'
import { ConsoleProblem } from './problem.ts'
import type { Session, SessionOf } from './session.ts'

const listenersMax = 500
const heartbeatMs = 15_000
/** Whoever reads so slowly is cut off; a browser comes again by itself. */
const unsentBytesMax = 1_048_576

/**
 * `GET /changes`: what all services tell, as one stream. However many pages somebody has open, each service is listened
 * to once for them, and once more for each saga that is watched.
 */
export function serveChanges(
  app: FastifyInstance,
  addresses: number,
  lastKnown: LastKnown,
  sessionOf: SessionOf,
): void {
  const feeds = new Map<string, Feed>()
  const listeners = new Set<Listener>()

  // A stream cannot send our header; it changes nothing, and no other site can read it.
  const config = { isNavigated: true }
  app.get<{ Querystring: { saga?: string } }>(routes.changes.path, { config }, async (request, reply) => {
    const session = await sessionOf(request)
    if (request.raw.destroyed) return reply.hijack()
    if (listeners.size >= listenersMax) throw new ConsoleProblem(503, `${listenersMax} pages listen already.`)
    const { saga } = request.query
    const key = `${session.id} ${session.endsAt} ${saga ?? ''}`
    const complete = (found: Parts<ServiceView>) => lastKnown.completeProcesses(session, found)
    const feed = feeds.get(key) ?? new Feed(session, saga, new Figures(addresses, complete), () => feeds.delete(key))
    feeds.set(key, feed)
    const listener = new Listener(reply, session)
    listeners.add(listener)
    const leave = feed.join(listener)
    reply.raw.once('close', () => {
      listeners.delete(listener)
      listener.end()
      leave()
    })
  })

  // A server waits for its open answers before it closes, and these would never end.
  app.addHook('preClose', async () => {
    for (const listener of listeners) listener.end()
  })
}

/** One page that listens. */
class Listener {
  readonly #reply: FastifyReply
  readonly #heartbeat: ReturnType<typeof setInterval>

  constructor(reply: FastifyReply, { endsAt }: Session) {
    this.#reply = reply
    reply.hijack()
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as { [name: string]: string }),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      // Kept alive it would be neither busy nor idle when the server closes, and hold it up for longer than a minute.
      connection: 'close',
    })
    this.#write(': connected\n\n')
    this.#heartbeat = setInterval(() => {
      if (Date.now() >= endsAt) this.end()
      else this.#write(': still here\n\n')
    }, heartbeatMs)
  }

  tell(event: string, data: unknown): void {
    this.#write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  end(): void {
    clearInterval(this.#heartbeat)
    this.#reply.raw.end()
  }

  #write(text: string): void {
    const { raw } = this.#reply
    if (raw.writableLength > unsentBytesMax) raw.destroy()
    else if (!raw.writableEnded) raw.write(text)
  }
}

/** What the services tell one person, for as long as one of their pages listens. */
class Feed {
  readonly #over = new AbortController()
  readonly #listeners = new Set<Listener>()
  readonly #figures: Figures
  readonly #ended: () => void

  constructor({ client }: Session, saga: string | undefined, figures: Figures, ended: () => void) {
    this.#figures = figures
    this.#ended = ended
    const { signal } = this.#over
    void this.#follow(client.changes({ signal, ...(saga === undefined ? {} : { saga }) }))
  }

  join(listener: Listener): () => void {
    this.#listeners.add(listener)
    const known = this.#figures.answer
    if (known !== undefined) listener.tell('figures', known)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#end()
    }
  }

  async #follow(told: AsyncIterable<Told>): Promise<void> {
    try {
      for await (const each of told) this.#hear(each)
    } catch {
      // A question that is refused for good: the page asks again, and is told why by its other questions.
    }
    for (const listener of this.#listeners) listener.end()
    this.#end()
  }

  #hear(told: Told): void {
    if (told.event === 'saga') return this.#tell('saga', told.data)
    this.#figures.hear(told)
    const { answer } = this.#figures
    if (answer !== undefined) this.#tell('figures', answer)
  }

  #tell(event: Change['event'], data: unknown): void {
    for (const listener of this.#listeners) listener.tell(event, data)
  }

  #end(): void {
    this.#over.abort()
    this.#ended()
  }
}

/** What `GET /services` would be answered with, put together from what each address told last. */
class Figures {
  readonly #addresses: number
  readonly #complete: (found: Parts<ServiceView>) => Answer<ServiceView>
  readonly #parts = new Map<string, Answer<ServiceView>['services']>()
  readonly #away = new Map<string, { readonly url: string; readonly says: string }>()

  constructor(addresses: number, complete: (found: Parts<ServiceView>) => Answer<ServiceView>) {
    this.#addresses = addresses
    this.#complete = complete
  }

  /** Undefined until each has told something, or is known to be away: half an answer would look like a whole one. */
  get answer(): Answer<ServiceView> | undefined {
    // What one has told is known of it also if it goes away before the last of the others has said anything.
    const answer = this.#complete({ services: [...this.#parts.values()].flat(), unreachable: [...this.#away.values()] })
    return this.#parts.size + this.#away.size < this.#addresses ? undefined : answer
  }

  hear(told: Exclude<Told, { event: 'saga' }>): void {
    const { url } = told
    switch (told.event) {
      case 'connected':
        this.#away.delete(url)
        return
      case 'away':
        this.#parts.delete(url)
        this.#away.set(url, told.data)
        return
      case 'figures':
        this.#parts.set(
          url,
          told.data.services.map(part => ({ ...part, url })),
        )
    }
  }
}
