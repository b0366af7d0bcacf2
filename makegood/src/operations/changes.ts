import { Readable } from 'node:stream'
import { RequestRefused } from '../adapters/fastify/problem.ts'
import { revisionOf } from '../engine/revision.ts'
import type { ByService, Change, ServiceView } from './contract.ts'
import { serviceView } from './service-view.ts'
import type { Services } from './services.ts'

/**
 * Tells whoever listens what changes, as server-sent events. However many they are, it is looked once: at the figures
 * every second, at all sagas that somebody watches every half a second. While nobody listens nobody looks.
 */
export class Changes {
  readonly #services: Services
  readonly #listeners = new Set<Listener>()
  readonly #polls = [
    new Poll(1_000, () => this.#lookAtFigures().catch(error => this.#fail(error))),
    new Poll(500, () => this.#lookAtSagas().catch(error => this.#fail(error))),
    new Poll(15_000, async () => this.#beat()),
  ]
  #latest: Said | undefined
  #closed = false

  constructor(services: Services) {
    this.#services = services
  }

  /**
   * What one listener reads, until it is destroyed, its time is over, or the server closes.
   *
   * @throws RequestRefused 503 if too many listen, or the server is closing
   */
  listen({ saga, until }: { readonly saga: string | undefined; readonly until: number | undefined }): Readable {
    if (this.#closed) throw new RequestRefused(503, 'The server is closing.')
    if (this.#listeners.size >= listenersMax)
      throw new RequestRefused(503, `${listenersMax} listen already: try again later.`, {
        headers: { 'Retry-After': '15' },
      })
    const listener = new Listener(saga, until)
    this.#listeners.add(listener)
    listener.stream.once('close', () => this.#leave(listener))
    if (this.#latest !== undefined) listener.tell('figures', this.#latest)
    for (const poll of this.#polls) poll.start()
    return listener.stream
  }

  close(): void {
    this.#closed = true
    for (const listener of this.#listeners) listener.end()
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return
    for (const poll of this.#polls) poll.stop()
    this.#latest = undefined
  }

  async #lookAtFigures(): Promise<void> {
    const views = this.#services.map(async each => ({ service: each.name, ...(await serviceView(each)) }))
    const data: ByService<ServiceView> = { services: await Promise.all(views) }
    const about = JSON.stringify(data, (name, value) => (name === 'clockSkewMs' ? undefined : value))
    this.#latest = { about, text: written({ event: 'figures', data }) }
    for (const listener of this.#listeners) listener.tell('figures', this.#latest)
  }

  async #lookAtSagas(): Promise<void> {
    const watched = [...new Set([...this.#listeners].flatMap(({ saga }) => (saga === undefined ? [] : [saga])))]
    if (watched.length === 0) return
    // A database that is away is told among the figures.
    const found = await Promise.all(this.#services.map(({ queries }) => queries.sagasById(watched).catch(() => [])))
    const texts = new Map(
      found.flat().map(({ id, state }) => {
        const data = { id, status: state.status, revision: revisionOf(state) }
        return [id, written({ event: 'saga', data })]
      }),
    )
    for (const listener of this.#listeners) {
      const text = texts.get(listener.saga ?? '')
      if (text !== undefined) listener.tell('saga', { about: text, text })
    }
  }

  /** What nobody has thought of ends the streams, and not the process: the server's log says it of each. */
  #fail(error: unknown): void {
    for (const { stream } of this.#listeners) stream.destroy(error as Error)
  }

  #beat(): void {
    for (const listener of this.#listeners) listener.say(': still here\n\n')
  }
}

const listenersMax = 500

interface Said {
  /** The same for two that tell the same. */
  readonly about: string
  readonly text: string
}

function written({ event, data }: Change): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

class Listener {
  readonly saga: string | undefined
  readonly stream: Readable
  /** Of each event, what it was told last. */
  readonly #told = new Map<Change['event'], string>()
  #hasEnded = false

  constructor(saga: string | undefined, until: number | undefined) {
    this.saga = saga
    this.stream = new Readable({ read() {} })
    this.say('retry: 2000\n\n')
    if (until !== undefined) this.#in(Math.min(until - Date.now(), 2_147_483_647), () => this.end())
  }

  /** Only if it is about something else than the last time. */
  tell(event: Change['event'], { about, text }: Said): void {
    if (this.#told.get(event) === about) return
    this.#told.set(event, about)
    this.say(text)
  }

  /** Whoever does not read what it is told can come again. */
  say(text: string): void {
    if (this.#hasEnded) return
    if (this.stream.readableLength > unreadBytesMax) this.stream.destroy()
    else this.stream.push(text)
  }

  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.stream.push(null)
    // Whoever reads no more does not read that it is over, either.
    this.#in(endMsMax, () => this.stream.destroy())
  }

  #in(ms: number, act: () => void): void {
    const timer = setTimeout(act, ms)
    this.stream.once('close', () => clearTimeout(timer))
  }
}

const unreadBytesMax = 1_048_576
const endMsMax = 1_000

/** Looks at once, and then again after each pause, while it is started. */
class Poll {
  readonly #pauseMs: number
  readonly #look: () => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #isStarted = false
  #isLooking = false

  constructor(pauseMs: number, look: () => Promise<void>) {
    this.#pauseMs = pauseMs
    this.#look = look
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    if (!this.#isLooking) void this.#again()
  }

  stop(): void {
    this.#isStarted = false
    clearTimeout(this.#timer)
  }

  async #again(): Promise<void> {
    this.#isLooking = true
    await this.#look()
    this.#isLooking = false
    if (this.#isStarted) this.#timer = setTimeout(() => this.#again(), this.#pauseMs)
  }
}
