import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { Counter, Registry } from 'prom-client'
import { afterEach, describe, expect, test } from 'vitest'
import { frameworkErrors, type MakegoodFastifyOptions, makegoodFastify } from '../../src/adapters/fastify/index.ts'
import { MakegoodError } from '../../src/model/errors.ts'

const servers: FastifyInstance[] = []
afterEach(() => Promise.all(servers.splice(0).map(server => server.close())))

const ready = { name: 'orders', health: async () => ({ ready: true, reasons: [], broker: { state: 'connected' } }) }

async function server(options: Partial<MakegoodFastifyOptions> = {}): Promise<FastifyInstance> {
  const app = Fastify()
  servers.push(app)
  await app.register(makegoodFastify, { services: [ready], title: 'Orders', version: '1.2.3', ...options })
  app.post('/orders', { schema: { body: order } }, async () => ({ id: '1' }))
  app.get<{ Params: { code: 'SAGA_UNKNOWN' | 'STORE_REFUSED' } }>('/errors/:code', async ({ params }) => {
    throw new MakegoodError(params.code, 'There is no saga 7 in orders.')
  })
  return app
}

const order = { type: 'object', required: ['quantity'], properties: { quantity: { type: 'integer', minimum: 1 } } }

describe('health', () => {
  test('a process that answers is alive', async () => {
    const answer = await (await server()).inject('/livez')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ alive: true })
  })

  test('it is ready when all its services are, and says what they report', async () => {
    const answer = await (await server()).inject('/readyz')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({
      ready: true,
      reasons: [],
      services: [{ name: 'orders', ready: true, reasons: [], broker: { state: 'connected' } }],
    })
  })

  test.each(['/readyz', '/health'])(
    'one service that is not ready makes %s 503, with the reason and whose it is',
    async path => {
      const payments = { name: 'payments', health: async () => ({ ready: false, reasons: ['The broker is blocked.'] }) }
      const answer = await (await server({ services: [ready, payments] })).inject(path)
      expect(answer.statusCode).toBe(503)
      expect(answer.json()).toMatchObject({ ready: false, reasons: ['payments: The broker is blocked.'] })
    },
  )

  test('a health check that throws is a reason, not an error', async () => {
    const broken = { name: 'stock', health: () => Promise.reject(new Error('no route to host')) }
    const answer = await (await server({ services: [broken] })).inject('/readyz')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ reasons: ['stock: no route to host'] })
  })

  test('a health check that hangs is answered for after two seconds', async () => {
    const silent = { name: 'stock', health: () => new Promise<never>(() => {}) }
    const answer = await (await server({ services: [silent] })).inject('/readyz')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ reasons: ['stock: It did not answer within 2000 ms.'] })
  })
})

describe('metrics', () => {
  test('the registry is shown as Prometheus reads it', async () => {
    const registry = new Registry()
    new Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] }).inc(3)
    const answer = await (await server({ registry })).inject('/metrics')
    expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4')
    expect(answer.body).toContain('orders_total 3')
  })

  test('there is no such route without a registry', async () => {
    expect((await (await server()).inject('/metrics')).statusCode).toBe(404)
  })
})

describe('request ids', () => {
  test("the caller's own comes back", async () => {
    const answer = await (await server()).inject({ url: '/livez', headers: { 'X-Request-ID': 'order-7/try=2' } })
    expect(answer.headers['x-request-id']).toBe('order-7/try=2')
  })

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['one with a space', 'a b'],
    ['one of 129 characters', 'x'.repeat(129)],
    ['one beyond ASCII', 'größe'],
  ])('%s is replaced by a UUID', async (_what, given) => {
    const headers = given === undefined ? {} : { 'X-Request-ID': given }
    const answer = await (await server()).inject({ url: '/livez', headers })
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('an error has one too, in the header and in the problem', async () => {
    const answer = await (await server()).inject({ url: '/nowhere', headers: { 'X-Request-ID': 'r1' } })
    expect(answer.headers['x-request-id']).toBe('r1')
    expect(answer.json()).toMatchObject({ requestId: 'r1' })
  })
})

describe('problems', () => {
  test('a body that breaks the schema is 400 and names the field', async () => {
    const answer = await (await server()).inject({ method: 'POST', url: '/orders', payload: {} })
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      errors: [{ field: 'body.quantity', message: 'is missing' }],
    })
  })

  test('an unknown route is 404 and says which', async () => {
    const answer = await (await server()).inject('/nowhere?secret=1')
    expect(answer.json()).toMatchObject({ status: 404, detail: 'There is no GET /nowhere.' })
  })

  test('a path that cannot be decoded is one too, where the server is given frameworkErrors', async () => {
    const app = Fastify({ frameworkErrors })
    servers.push(app)
    await app.register(makegoodFastify, { services: [ready], title: 'Orders', version: '1', docs: false })
    const answer = await app.inject({ url: '/orders/%zz', headers: { 'X-Request-ID': 'r1' } })
    expect(answer.statusCode).toBe(400)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'x-request-id': 'r1',
    })
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: "'/orders/%zz' is not a valid url component",
      requestId: 'r1',
    })
  })

  test('an error of makegood is told with its code', async () => {
    const answer = await (await server()).inject('/errors/SAGA_UNKNOWN')
    expect(answer.json()).toMatchObject({ status: 404, code: 'SAGA_UNKNOWN', detail: 'There is no saga 7 in orders.' })
  })

  test('an error of ours tells nothing from inside', async () => {
    const answer = await (await server()).inject('/errors/STORE_REFUSED')
    expect(answer.statusCode).toBe(500)
    expect(answer.json().detail).toBe('The request could not be handled; the log says why.')
  })

  test('a system may have a shape of its own', async () => {
    const app = Fastify()
    servers.push(app)
    await app.register(makegoodFastify, { services: [], title: 'Orders', version: '1', problems: false })
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ success: false }))
    app.setErrorHandler((_error, _request, reply) => reply.code(500).send({ success: false }))
    app.get('/broken', async () => Promise.reject(new Error('x')))
    expect((await app.inject('/nowhere')).json()).toEqual({ success: false })
    expect((await app.inject('/broken')).json()).toEqual({ success: false })
  })
})

describe('documentation', () => {
  test('/openapi.json has the routes and their schemas, as OpenAPI 3.1', async () => {
    const document = (await (await server()).inject('/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({ title: 'Orders', version: '1.2.3' })
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/orders', '/livez', '/readyz']))
    expect(document.paths['/orders'].post.requestBody.content['application/json'].schema).toEqual(order)
  })

  test('/docs is served from here, scripts and styles included', async () => {
    const app = await server()
    const page = await app.inject('/docs/')
    expect(page.statusCode).toBe(200)
    const parts = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => String(part))
    expect(parts.filter(part => /^(https?:)?\/\//.test(part))).toEqual([])
    const loaded = await Promise.all(parts.map(part => app.inject(new URL(part, 'http://localhost/docs/').pathname)))
    expect(loaded.map(answer => answer.statusCode)).toEqual(parts.map(() => 200))
    expect(parts.length).toBeGreaterThan(2)
  })

  test('without documentation neither is there', async () => {
    const app = await server({ docs: false })
    expect((await app.inject('/docs')).statusCode).toBe(404)
    expect((await app.inject('/openapi.json')).statusCode).toBe(404)
  })
})

describe('closing', () => {
  test('is not held up by a connection that was opened beforehand and asks nothing', async () => {
    const app = await server()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const accepted = once(app.server, 'connection')
    const socket = connect(port, '127.0.0.1')
    const ended = once(socket, 'close')
    await accepted
    await app.close()
    await ended
  })

  test('a request in flight is answered, and its kept-alive connection does not hold up the close', async () => {
    const app = await server()
    const [released, release] = gate()
    const [arrived, arrive] = gate()
    app.addHook('preClose', async () => release())
    app.get('/slow', async () => {
      arrive()
      await released
      return { done: true }
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const agent = new Agent({ keepAlive: true })
    const { port } = app.server.address() as AddressInfo
    const answered = new Promise<{ connection: string | undefined }>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/slow', agent }, response => {
        response.resume().on('end', () => resolve({ connection: response.headers.connection }))
      }).on('error', reject)
    })
    await arrived

    const begun = performance.now()
    const closed = app.close()
    expect((await answered).connection).toBe('close')
    await closed
    expect(performance.now() - begun).toBeLessThan(2_000)
    agent.destroy()
  })
})

function gate(): readonly [Promise<void>, () => void] {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return [opened, open]
}
