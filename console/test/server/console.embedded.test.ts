import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { tokenAccess } from 'makegood/operations'
import { routes } from 'makegood/operations/contract'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ConsoleOptions, consoleServer } from '../../server/index.ts'
import { type Operated, openOperated } from './operated.ts'

const tokens = { reader: `reader-${'r'.repeat(32)}`, admin: `admin-${'a'.repeat(32)}` }
const access = tokenAccess([
  { name: 'rosa', role: 'reader', token: tokens.reader },
  { name: 'ada', role: 'admin', token: tokens.admin },
])
const ours = { 'x-makegood-console': '1' }

let greeter: Operated
beforeAll(async () => {
  greeter = await openOperated(access)
})
afterAll(() => greeter?.close())

const opened: FastifyInstance[] = []
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.splice(0).map(app => app.close()))
})

async function open(options: Partial<ConsoleOptions> = {}): Promise<FastifyInstance> {
  const app = await consoleServer({ services: [greeter.url], ...options })
  opened.push(app)
  return app
}

function signIn(app: FastifyInstance, token: string, headers: object = ours): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'POST', url: '/console/api/session', headers: { ...headers }, payload: { token } })
}

async function signedIn(app: FastifyInstance, token: string): Promise<{ readonly [name: string]: string }> {
  const { cookies } = await signIn(app, token)
  return { ...ours, cookie: `${cookies[0]!.name}=${cookies[0]!.value}` }
}

function look(app: FastifyInstance, path: string, headers: object = ours): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'GET', url: `/console/api${path}`, headers: { ...headers } })
}

const asked = Object.values(routes)
  .filter(({ path }) => !['/me', '/messages', '/participations'].includes(path))
  .map(({ method, path }) => ({ method, url: `/console/api${path.replace(':id', 's-1')}` }))

describe('who is let in', () => {
  test.each(asked)('nobody who has not signed in, to $method $url', async ({ method, url }) => {
    const app = await open()
    const { statusCode, json } = await app.inject({
      method,
      url,
      headers: ours,
      ...(method === 'POST' ? { payload: {} } : {}),
    })
    expect(statusCode).toBe(401)
    expect(json()).toMatchObject({ status: 401, title: 'Sign in first' })
  })

  test('nobody with a token that no service knows, and it does not say which are known', async () => {
    const app = await open()
    const { statusCode, cookies, body } = await signIn(app, 'x'.repeat(40))
    expect(statusCode).toBe(401)
    expect(cookies).toEqual([])
    expect(body).not.toContain('reader-')
    expect((await signIn(app, '')).statusCode).toBe(400)
  })

  test('whoever has a token of the services, as whom the services say they are', async () => {
    const app = await open()
    const headers = await signedIn(app, tokens.reader)
    expect((await look(app, '/session', headers)).json().caller).toEqual({ name: 'rosa', role: 'reader' })
    expect((await look(app, '/services', headers)).json()).toMatchObject({
      services: [{ service: 'greeter', url: greeter.url, ready: true }],
      away: [],
    })
  })

  test('each service judges by itself what whoever signed in may do', async () => {
    const app = await open()
    const headers = await signedIn(app, tokens.reader)
    const { statusCode, json } = await look(app, '/audit', headers)
    expect(statusCode).toBe(403)
    expect(json().detail).toContain('operator')
  })

  test('no longer than a session lasts, nor after signing out', async () => {
    const app = await open({ sessionMs: 60_000 })
    const headers = await signedIn(app, tokens.reader)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 59_000 })
    expect((await look(app, '/services', headers)).statusCode).toBe(200)
    vi.setSystemTime(Date.now() + 2_000)
    expect((await look(app, '/services', headers)).statusCode).toBe(401)
    vi.useRealTimers()

    const again = await signedIn(app, tokens.reader)
    await app.inject({ method: 'DELETE', url: '/console/api/session', headers: again })
    expect((await look(app, '/services', again)).statusCode).toBe(401)
  })

  test('no more than there is room for: the oldest gives way', async () => {
    const app = await open({ sessionsMax: 2 })
    const [first, second, third] = [
      await signedIn(app, tokens.reader),
      await signedIn(app, tokens.admin),
      await signedIn(app, tokens.reader),
    ]
    const statuses = await Promise.all([first, second, third].map(headers => look(app, '/services', headers)))
    expect(statuses.map(({ statusCode }) => statusCode)).toEqual([401, 200, 200])
  })

  test('not those who guess: after ten attempts within a minute an address waits', async () => {
    const app = await open()
    for (let attempt = 0; attempt < 10; attempt += 1) await signIn(app, `guess-${attempt}`)
    const { statusCode, headers, json } = await signIn(app, tokens.reader)
    expect(statusCode).toBe(429)
    expect(headers['content-type']).toContain('application/problem+json')
    expect(json().title).toBe('Too many attempts')
  })
})

describe('what keeps other sites out', () => {
  test('the cookie is read by no page, sent by no other site, and only over https where that is how people come', async () => {
    const plain = await signIn(await open(), tokens.reader)
    expect(plain.cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict', path: '/console' }])
    expect(plain.cookies[0]!.secure).toBeUndefined()
    const secure = await signIn(await open({ publicUrl: 'https://console.example.org' }), tokens.reader)
    expect(secure.cookies).toMatchObject([{ secure: true }])
    expect(secure.headers['strict-transport-security']).toBeDefined()
  })

  test.each(asked.filter(({ url }) => !url.endsWith('/changes')))(
    '$method $url needs a header that only a page of ours can send',
    async ({ method, url }) => {
      const app = await open()
      const { statusCode } = await app.inject({ method, url, ...(method === 'POST' ? { payload: {} } : {}) })
      expect(statusCode).toBe(403)
    },
  )

  test('what changes something has to come from where the console is', async () => {
    const app = await open({ publicUrl: 'https://console.example.org' })
    const from = (origin: string) => signIn(app, tokens.reader, { ...ours, origin })
    expect((await from('https://evil.example.org')).statusCode).toBe(403)
    expect((await from('null')).statusCode).toBe(403)
    expect((await from('https://console.example.org')).statusCode).toBe(200)
  })

  test('a page may load what is ours alone, and its own styles by a word that is another each time', async () => {
    const app = await open()
    const [one, other] = [await app.inject('/console/'), await app.inject('/console/sagas/s-1')]
    const policy = String(one.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    const [, nonce] = /style-src 'self' 'nonce-([0-9a-f]+)'/.exec(policy)!
    expect(one.body).toContain(`nonce="${nonce}"`)
    expect(other.body).not.toContain(nonce)
    expect(one.headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' })
  })

  test('a console that asks nobody is open under names of this machine alone', async () => {
    const app = await open({ signIn: 'none' })
    const under = (host: string) => look(app, '/session', { ...ours, host })
    expect((await under('localhost:8001')).json()).toMatchObject({ caller: { role: 'admin' }, signIn: [] })
    expect((await under('127.0.0.1:8001')).statusCode).toBe(200)
    expect((await under('rebound.example.org:8001')).statusCode).toBe(403)
  })
})

describe('what is known', () => {
  test('of a service that is away is what it said last, with its age; nothing of it is shown to others', async () => {
    const leaving = await openOperated(access)
    const app = await open({ services: [leaving.url] })
    const headers = await signedIn(app, tokens.admin)
    const others = await signedIn(app, tokens.reader)
    const before = (await look(app, '/definitions', headers)).json()
    expect(before.away).toEqual([])
    await leaving.close()

    const after = (await look(app, '/definitions', headers)).json()
    expect(after.services).toEqual(before.services)
    expect(after.away).toEqual([{ url: leaving.url, says: expect.any(String), asOf: expect.any(String) }])
    expect((await look(app, '/definitions', others)).json()).toMatchObject({ services: [], away: [{ asOf: null }] })
    expect((await look(app, '/sagas/s-1', headers)).json()).toMatchObject({
      status: 404,
      detail: expect.stringContaining('did not answer and may have it'),
    })
    expect((await signIn(app, tokens.admin)).statusCode).toBe(503)
  })

  test('comes as a stream too: what all services say as one answer; the server closes although somebody listens', async () => {
    const app = await open()
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const stream = await changesAt(url, await signedIn(app, tokens.reader))
    expect(await stream.figures()).toMatchObject({ services: [{ service: 'greeter', url: greeter.url }], away: [] })
    await app.close()
    expect((await stream.reader.read().catch(() => ({ done: true }))).done).toBe(true)
  })

  test('of a service that is away is the same in a stream that begins only then', async () => {
    const leaving = await openOperated(access)
    const app = await open({ services: [greeter.url, leaving.url] })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const headers = await signedIn(app, tokens.reader)
    const before = (await look(app, '/services', headers)).json()
    expect(before.services).toHaveLength(2)
    await leaving.close()

    const { services, away } = await (await changesAt(url, headers)).figures()
    expect(away).toEqual([{ url: leaving.url, says: expect.any(String), asOf: expect.any(String) }])
    expect(services.map((part: { url: string }) => part.url)).toEqual([greeter.url, leaving.url])
  })

  test('is a problem document where there is nothing', async () => {
    const app = await open({ signIn: 'none' })
    const { statusCode, headers, json } = await look(app, '/nothing', { ...ours, host: 'localhost' })
    expect(statusCode).toBe(404)
    expect(headers['content-type']).toContain('application/problem+json')
    expect(json()).toMatchObject({ status: 404, requestId: expect.any(String) })
  })
})

async function changesAt(url: string, headers: Record<string, string>) {
  const response = await fetch(`${url}/console/api/changes`, { headers })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const figures = async () => {
    let heard = ''
    while (!/event: figures\ndata: .*\n/.test(heard)) heard += (await reader.read()).value ?? ''
    return JSON.parse(/event: figures\ndata: (.*)\n/.exec(heard)![1]!)
  }
  return { reader, figures }
}

test.each<[Partial<ConsoleOptions>, string]>([
  [{ services: [] }, 'services is empty'],
  [{ services: ['ftp://x'] }, 'http://host:port'],
  [{ sessionMs: 1 }, 'sessionMs is a whole number from 60000'],
  [{ sessionsMax: 0 }, 'sessionsMax'],
  [{ signInsPerMinute: 1.5 }, 'signInsPerMinute'],
  [{ publicUrl: 'console' }, 'publicUrl is of the form'],
  [{ signIn: { issuer: 'https://id.example.org', clientId: 'console' } }, 'needs publicUrl'],
])('options that cannot be are refused when it is set up: %o', async (options, says) => {
  await expect(
    consoleServer({ services: ['http://127.0.0.1:1'], ...options }).then(app => app.ready()),
  ).rejects.toThrow(says)
})
