import httpProxy from '@fastify/http-proxy'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { operationsRoutes } from '../../src/operations/index.ts'
import { type OperatedShop, operatedShop, serverOf, tokens } from './operated-shop.ts'

let shop: OperatedShop
const servers: FastifyInstance[] = []
const listeners: Listener[] = []

beforeAll(async () => {
  shop = await operatedShop()
})
afterEach(async () => {
  for (const listener of listeners.splice(0)) listener.leave()
  await Promise.all(servers.splice(0).map(server => server.close()))
  vi.restoreAllMocks()
})
afterAll(() => shop.close())

async function listening(server: FastifyInstance): Promise<string> {
  servers.push(server)
  return server.listen({ host: '127.0.0.1', port: 0 })
}

/** One of those who listen, and what it hears. */
class Listener {
  readonly heard: { readonly event: string; readonly data: any }[] = []
  /** Everything that came, as it came. */
  text = ''
  /** Resolves when nothing more comes. */
  readonly over: Promise<void>
  readonly answer: Response
  readonly #leaving: AbortController

  constructor(answer: Response, leaving: AbortController) {
    this.answer = answer
    this.#leaving = leaving
    this.over = this.#hear().catch(() => {})
  }

  leave(): void {
    this.#leaving.abort()
  }

  hears(event: string, times = 1): Promise<void> {
    return vi.waitFor(
      () => expect(this.heard.filter(each => each.event === event).length).toBeGreaterThanOrEqual(times),
      { interval: 10 },
    )
  }

  async #hear(): Promise<void> {
    let left = ''
    for await (const chunk of this.answer.body!.pipeThrough(new TextDecoderStream())) {
      this.text += chunk
      const parts = (left + chunk).split('\n\n')
      left = parts.pop()!
      for (const part of parts) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? []
        if (event !== undefined) this.heard.push({ event, data: JSON.parse(data!) })
      }
    }
  }
}

async function listen(url: string, query = '', headers: Record<string, string> = {}): Promise<Listener> {
  const leaving = new AbortController()
  const answer = await fetch(`${url}/operations/changes${query}`, {
    headers: { authorization: `Bearer ${tokens.reader}`, ...headers },
    signal: leaving.signal,
  })
  const listener = new Listener(answer, leaving)
  listeners.push(listener)
  return listener
}

test('figures are told at once, and then when one has changed', async () => {
  const listener = await listen(await listening(await serverOf(shop)))
  expect(listener.answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(listener.answer.headers.get('cache-control')).toBe('no-store, no-transform')
  await listener.hears('figures')
  expect(listener.heard[0]!.data.services).toMatchObject([{ service: 'orders', ready: true }, { service: 'workers' }])
  await shop.order({ orderId: 'stuck-figures', email: 'nobody@example.com' })
  await vi.waitFor(() => {
    const { services } = listener.heard.at(-1)!.data
    expect(services[0].figures.sagas.stuck).toBe(1)
    expect(services[1].figures.deadLetters).toBe(1)
  }, 10_000)
})

test('a saga is told to who watches it, and to nobody else', async () => {
  const id = await shop.order({ orderId: 'stuck-watched', email: 'nobody@example.com' })
  const url = await listening(await serverOf(shop))
  const [watching, other] = [await listen(url, `?saga=${id}`), await listen(url)]
  await watching.hears('saga')
  const [first] = watching.heard.filter(({ event }) => event === 'saga')
  expect(first!.data).toEqual({ id, status: 'stuck', revision: expect.stringMatching(/^[0-9a-f]{16}$/) })
  await shop.orders.request(id, { action: { kind: 'skip', step: 'invoice' }, by: 'ann', reason: 'told by letter' })
  await vi.waitFor(() => expect(watching.heard.at(-1)!.data).toMatchObject({ id, status: 'completed' }), 10_000)
  expect(other.heard.filter(({ event }) => event === 'saga')).toEqual([])
})

test('two hundred who listen are one look at the database, and who leaves leaves nothing behind', async () => {
  const ids = await Promise.all([1, 2].map(n => shop.order({ orderId: `many-${n}` })))
  const url = await listening(await serverOf(shop))
  const figures = vi.spyOn(shop.orders.queries, 'figures')
  const sagas = vi.spyOn(shop.orders.queries, 'sagasById')
  const all = await Promise.all(Array.from({ length: 200 }, (_, n) => listen(url, `?saga=${ids[n % 2]}`)))
  await Promise.all(all.flatMap(each => [each.hears('figures'), each.hears('saga')]))
  const began = performance.now()
  const [figuresBefore, sagasBefore] = [figures.mock.calls.length, sagas.mock.calls.length]
  await vi.waitFor(() => expect(figures.mock.calls.length).toBeGreaterThan(figuresBefore + 2), 10_000)
  const seconds = (performance.now() - began) / 1_000
  expect(figures.mock.calls.length - figuresBefore).toBeLessThanOrEqual(Math.ceil(seconds) + 1)
  expect(sagas.mock.calls.length - sagasBefore).toBeLessThanOrEqual(2 * Math.ceil(seconds) + 2)
  expect(sagas.mock.lastCall![0]).toHaveLength(2)

  for (const listener of all) listener.leave()
  await Promise.all(all.map(({ over }) => over))
  await vi.waitFor(async () => {
    const looked = figures.mock.calls.length
    await new Promise(resolve => setTimeout(resolve, 1_500))
    expect(figures.mock.calls.length).toBe(looked)
  }, 20_000)
})

test('who comes later is told at once what is known already', async () => {
  const url = await listening(await serverOf(shop))
  await (await listen(url)).hears('figures')
  const figures = vi.spyOn(shop.orders.queries, 'figures').mockReturnValue(new Promise(() => {}))
  const later = await listen(url)
  await later.hears('figures')
  expect(later.heard[0]!.data.services[0].database).toBe('up')
  figures.mockRestore()
})

test('a database that is away is told, and when it is back', async () => {
  const listener = await listen(await listening(await serverOf(shop)))
  await listener.hears('figures')
  const away = vi.spyOn(shop.workers.queries, 'figures').mockRejectedValue(new Error('connect ECONNREFUSED'))
  const database = () => listener.heard.at(-1)!.data.services[1].database
  await vi.waitFor(() => expect(database()).toBe('down'), 10_000)
  away.mockRestore()
  await vi.waitFor(() => expect(database()).toBe('up'), 10_000)
})

test('a fault of its own ends the streams, and the next that listens is told again', async () => {
  const url = await listening(await serverOf(shop))
  const listener = await listen(url)
  await listener.hears('figures')
  vi.spyOn(shop.orders, 'waiting').mockImplementationOnce(() => {
    throw new TypeError('a bug')
  })
  await listener.over
  await (await listen(url)).hears('figures')
})

test('a closing server ends what it tells, and does not wait for who listens', async () => {
  const server = await serverOf(shop)
  const url = await listening(server)
  const all = await Promise.all(Array.from({ length: 20 }, () => listen(url)))
  const began = performance.now()
  await server.close()
  expect(performance.now() - began).toBeLessThan(5_000)
  await Promise.all(all.map(({ over }) => over))
})

test('nor for one that reads no more', async () => {
  const server = await serverOf(shop)
  const url = await listening(server)
  const leaving = new AbortController()
  // Nobody reads its body: what is told stays with the server.
  await fetch(`${url}/operations/changes`, {
    headers: { authorization: `Bearer ${tokens.reader}` },
    signal: leaving.signal,
  })
  const began = performance.now()
  await server.close()
  expect(performance.now() - began).toBeLessThan(5_000)
  leaving.abort()
})

test('a stream is over when the token is', async () => {
  const app = Fastify()
  const until = Date.now() + 700
  const access = { admit: () => ({ caller: { name: 'ann', role: 'reader' as const }, until }) }
  await app.register(operationsRoutes, { services: [shop.orders], access })
  const listener = await listen(await listening(app))
  await listener.over
  expect(Date.now()).toBeGreaterThanOrEqual(until - 50)
  expect(listener.heard.length).toBeGreaterThan(0)
})

test('more than five hundred cannot listen: the next is told to come later', async () => {
  const url = await listening(await serverOf(shop))
  await Promise.all(Array.from({ length: 500 }, () => listen(url)))
  const refused = await listen(url)
  expect(refused.answer.status).toBe(503)
  expect(refused.answer.headers.get('retry-after')).toBe('15')
  listeners[0]!.leave()
  await vi.waitFor(async () => expect((await listen(url)).answer.status).toBe(200), 10_000)
})

test('it goes through a proxy, and who leaves there leaves here', async () => {
  const upstream = await listening(await serverOf(shop))
  const proxy = Fastify()
  await proxy.register(httpProxy, { upstream, prefix: '/orders', rewritePrefix: '' })
  const url = `${await listening(proxy)}/orders`
  const figures = vi.spyOn(shop.orders.queries, 'figures')
  const listener = await listen(url)
  await listener.hears('figures')
  listener.leave()
  await vi.waitFor(async () => {
    const looked = figures.mock.calls.length
    await new Promise(resolve => setTimeout(resolve, 1_500))
    expect(figures.mock.calls.length).toBe(looked)
  }, 20_000)
})
