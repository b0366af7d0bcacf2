import { MakegoodError, textOf } from '../model/errors.ts'
import { type Change, type ProblemView, type Route, routes } from './contract.ts'

/** Where a process answers for its services. */
export interface ServiceAddress {
  /** Up to where `/operations` begins, like `https://orders.internal:8001`. */
  readonly url: string
  /** Sent as a bearer token, to this address alone. */
  readonly token?: string
}

export interface Unreachable {
  readonly url: string
  /** Why, for people. */
  readonly says: string
  /** What it answered, if it did: with 401 and 403 it refuses the caller, with another it is in trouble. */
  readonly status?: number
}

/** Whether it is there, and will not have this caller. */
export function refusesCaller({ status }: Unreachable): boolean {
  return status === 401 || status === 403
}

/** An address did not answer, or does not answer this caller. */
export class UnreachableError extends Error {
  readonly unreachable: Unreachable

  constructor(unreachable: Unreachable, options?: ErrorOptions) {
    super(`${unreachable.url}: ${unreachable.says}`, options)
    this.name = 'UnreachableError'
    this.unreachable = unreachable
  }
}

/** An address understood what was asked and will not do it: the question is wrong, or what it names is not there. */
export class RefusedError extends Error {
  readonly url: string
  readonly problem: Partial<ProblemView> & { readonly status: number }

  constructor(url: string, problem: Partial<ProblemView> & { readonly status: number }) {
    super(problem.detail ?? problem.title ?? `${url} answered ${problem.status}.`)
    this.name = 'RefusedError'
    this.url = url
    this.problem = problem
  }
}

export interface Asked {
  /** For the names with a colon in the route's path. */
  readonly params?: { readonly [name: string]: string }
  /** What is undefined is left out. */
  readonly query?: object
  readonly body?: object
}

/** One address, as the client asks it. */
export class Place {
  readonly url: string
  readonly #token: string | undefined

  /** @throws MakegoodError `OPTION_INVALID` */
  constructor({ url, token }: ServiceAddress) {
    this.url = checkedUrl(url)
    this.#token = token === undefined ? undefined : checkedToken(token, this.url)
  }

  /** @throws UnreachableError, RefusedError */
  async ask<Body extends object>(route: Route, asked: Asked, timeoutMs: number): Promise<Body> {
    const late = AbortSignal.timeout(timeoutMs)
    try {
      const response = await this.#answer(route, asked, 'application/json', late)
      const body = parsed(await bodyOf(response))
      if (typeof body === 'object' && body !== null) return body as Body
      throw this.saying('What it answers is not of makegood: is the address right?')
    } catch (error) {
      throw late.aborted && !isSaid(error)
        ? this.saying(`It did not answer within ${timeoutMs / 1_000} s.`, error)
        : this.#told(error)
    }
  }

  /**
   * What changes, until it ends the stream or `signal` does. `connected` is called when it has begun.
   *
   * @throws UnreachableError, RefusedError
   */
  async *listen(query: object, signal: AbortSignal, connected: () => void): AsyncGenerator<Change> {
    const silence = new AbortController()
    let timer = setTimeout(() => silence.abort(), silenceMsMax)
    const heard = () => {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), silenceMsMax)
    }
    try {
      const either = AbortSignal.any([signal, silence.signal])
      const response = await this.#answer(routes.changes, { query }, 'text/event-stream', either)
      if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
        throw new TypeError('It does not answer with server-sent events.')
      }
      connected()
      yield* changesIn(response.body, heard)
    } catch (error) {
      if (silence.signal.aborted) throw this.saying(`It was silent for ${silenceMsMax / 1_000} s.`, error)
      throw this.#told(error)
    } finally {
      clearTimeout(timer)
      silence.abort()
    }
  }

  async #answer(route: Route, { params, query, body }: Asked, accept: string, signal: AbortSignal): Promise<Response> {
    const response = await fetch(`${this.url}/operations${pathOf(route, params)}${searchOf(query)}`, {
      method: route.method,
      headers: {
        accept,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A token goes to the address that it was meant for, and nowhere else.
      redirect: 'manual',
      signal,
    })
    if (response.ok) return response
    throw await this.#refusal(response)
  }

  async #refusal(response: Response): Promise<RefusedError | UnreachableError> {
    const { status } = response
    if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
      const to = response.headers.get('location')
      return this.saying(`It redirects${to === null ? '' : ` to ${to}`}: name that address instead.`, undefined, status)
    }
    const problem = await problemIn(response)
    if (isAboutTheQuestion(status, problem)) return new RefusedError(this.url, { ...problem, status })
    return this.saying(problem.detail ?? problem.title ?? saysOf(status), undefined, status)
  }

  #told(error: unknown): unknown {
    return isSaid(error) ? error : this.saying(reasonOf(error), error)
  }

  /** What is to be said of this address instead of an answer. */
  saying(says: string, cause?: unknown, status?: number): UnreachableError {
    return new UnreachableError({ url: this.url, says, ...(status === undefined ? {} : { status }) }, { cause })
  }
}

/** A service says that it lives every 15 s. */
const silenceMsMax = 45_000

function isSaid(error: unknown): boolean {
  return error instanceof UnreachableError || error instanceof RefusedError
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    throw new MakegoodError(
      'OPTION_INVALID',
      'An address is of the form http://host:port or https://host:port/path, without a user, a password or a query.',
    )
  }
  return `${url.origin}${url.pathname}`.replace(/\/+(operations\/*)?$/, '')
}

function checkedToken(token: string, url: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new MakegoodError(
    'OPTION_INVALID',
    `The token for ${url} is empty or has characters that a header cannot carry.`,
  )
}

function pathOf({ path }: Route, params: { readonly [name: string]: string } = {}): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
}

function searchOf(query: object = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? '' : `?${search}`
}

/** Empty for what is not a problem of ours. */
async function problemIn(response: Response): Promise<Partial<ProblemView>> {
  const body = parsed(await bodyOf(response).catch(() => ''))
  return typeof body === 'object' && body !== null ? (body as Partial<ProblemView>) : {}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A 404 without a problem of ours comes from something that has no operations. */
function isAboutTheQuestion(status: number, { code }: Partial<ProblemView>): boolean {
  return status === 404 ? code !== undefined : [400, 405, 409, 413, 415, 422].includes(status)
}

function saysOf(status: number): string {
  switch (status) {
    case 401:
      return 'It asks for a token.'
    case 403:
      return 'It does not allow this.'
    case 404:
      return 'It has no operations: are they switched on, and is the address right?'
    default:
      return `It answered ${status}.`
  }
}

/** What `fetch` throws says little by itself, and a host with several addresses only has a code. */
function reasonOf(error: unknown): string {
  const { cause } = error as { readonly cause?: { readonly message?: string; readonly code?: string } }
  const because = cause?.message || cause?.code || textOf(error)
  return because.startsWith('It ') ? because : `It cannot be reached: ${because}`
}

/** The time that it may take is the caller's. */
async function bodyOf({ body }: Response): Promise<string> {
  let text = ''
  if (body === null) return text
  for await (const piece of piecesOf(body)) {
    text += piece
    if (text.length > bodyCharactersMax) throw new TypeError('It answers with more than anybody asked for.')
  }
  return text
}

const bodyCharactersMax = 256 * 1024 * 1024

async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield decoder.decode(value, { stream: true })
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

// ── Server-sent events ──────────────────────────────────────────────────────────────────────────────────────────────

async function* changesIn(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<Change> {
  let rest = ''
  for await (const piece of piecesOf(body)) {
    heard()
    const blocks = (rest + piece).split(/\r?\n\r?\n/)
    rest = blocks.pop()!
    if (rest.length > eventCharactersMax) throw new TypeError('It sends an event without an end.')
    for (const block of blocks) {
      const change = changeIn(block)
      if (change !== undefined) yield change
    }
  }
}

const eventCharactersMax = 8 * 1024 * 1024

/** Undefined for a comment, which only says that the other side lives, and for what a newer service may send. */
function changeIn(block: string): Change | undefined {
  const lines = block.split(/\r?\n/)
  const field = (name: string) =>
    lines.flatMap(line => (line.startsWith(`${name}:`) ? [line.slice(name.length + 1).trimStart()] : [])).join('\n')
  const event = field('event')
  const data = parsed(field('data'))
  if ((event !== 'figures' && event !== 'saga') || typeof data !== 'object' || data === null) return undefined
  return { event, data } as Change
}
