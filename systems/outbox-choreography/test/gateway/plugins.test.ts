import http from 'node:http'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ask, type Echoed, echo, orderAt, running, upstream } from './gateway-rig.ts'

describe('correlation-id', () => {
  const plugins =
    '{ name: correlation-id, config: { header_name: X-Correlation-ID, generator: uuid, echo_downstream: true } }'

  test('a request without one gets one, which the service and the client see', async () => {
    const { url } = await running({ yaml: orderAt((await echo()).url, { plugins }) })
    const { headers, json } = await ask(url, '/order/')
    expect(headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect((json() as Echoed).headers['x-correlation-id']).toBe(headers['x-correlation-id'])
  })

  test("the client's own is kept", async () => {
    const { url } = await running({ yaml: orderAt((await echo()).url, { plugins }) })
    const { headers, json } = await ask(url, '/order/', { headers: { 'X-Correlation-ID': 'mine' } })
    expect(headers['x-correlation-id']).toBe('mine')
    expect((json() as Echoed).headers['x-correlation-id']).toBe('mine')
  })

  test('a refusal has one too', async () => {
    const { url } = await running({ yaml: orderAt('http://127.0.0.1:9', { plugins }) })
    expect((await ask(url, '/order/')).headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect((await ask(url, '/elsewhere')).headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('cors', () => {
  const plugins =
    '{ name: cors, config: { origins: ["*"], methods: [GET, POST], exposed_headers: [X-Mine], credentials: true, max_age: 3600 } }'
  const origin = 'http://shop.example'

  test('a preflight is answered without the service', async () => {
    const { url } = await running({ yaml: orderAt('http://127.0.0.1:9', { plugins }) })
    const { status, headers, text } = await ask(url, '/order/', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    })
    expect({ status, text }).toEqual({ status: 200, text: '' })
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '3600',
      vary: 'Origin',
    })
  })

  test('any other OPTIONS is for the service', async () => {
    const { url } = await running({ yaml: orderAt((await echo()).url, { plugins }) })
    expect((await ask(url, '/order/', { method: 'OPTIONS', headers: { origin } })).json()).toMatchObject({
      method: 'OPTIONS',
    })
  })

  test('an answer allows the page that asked, whatever the service says of it', async () => {
    const service = await upstream((_request, response) =>
      response.writeHead(200, { 'access-control-allow-origin': 'http://other.example', vary: 'Accept' }).end(),
    )
    const { url } = await running({ yaml: orderAt(service.url, { plugins }) })
    expect((await ask(url, '/order/', { headers: { origin } })).headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'X-Mine',
      vary: 'Accept, Origin',
    })
  })

  test('a page can read why it was refused', async () => {
    const { url } = await running({ yaml: orderAt('http://127.0.0.1:9', { plugins }) })
    const { status, headers } = await ask(url, '/order/', { headers: { origin } })
    expect(status).toBe(503)
    expect(headers).toMatchObject({ 'access-control-allow-origin': origin })
  })

  test('who is no page is not told of it', async () => {
    const { url } = await running({ yaml: orderAt((await echo()).url, { plugins }) })
    expect((await ask(url, '/order/')).headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('without credentials everybody is allowed by the star', async () => {
    const open = '{ name: cors, config: { origins: ["*"], methods: [GET] } }'
    const { url } = await running({ yaml: orderAt((await echo()).url, { plugins: open }) })
    const { headers } = await ask(url, '/order/', { headers: { origin } })
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*' })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })
})

describe('request-size-limiting', () => {
  const plugins = '{ name: request-size-limiting, config: { allowed_payload_size: 2, size_unit: kilobytes } }'
  const refusal = { status: 413, text: '{"message":"Request size limit exceeded"}' }
  const post = async (url: string, bytes: number, headers: http.OutgoingHttpHeaders) => {
    const { status, text } = await ask(url, '/order/', { method: 'POST', body: 'x'.repeat(bytes), headers })
    return { status, text }
  }

  test('a body of just that size passes', async () => {
    const { url } = await running({ yaml: orderAt((await echo()).url, { plugins }) })
    expect(await post(url, 2_048, { 'content-length': 2_048 })).toMatchObject({ status: 200 })
    expect(await post(url, 2_048, { 'transfer-encoding': 'chunked' })).toMatchObject({ status: 200 })
  })

  test('one that says it is larger is refused, and the service not asked', async () => {
    const { url } = await running({ yaml: orderAt('http://127.0.0.1:9', { plugins }) })
    expect(await post(url, 2_049, { 'content-length': 2_049 })).toEqual(refusal)
  })

  test('one that turns out to be larger is refused, and never looks whole to the service', async () => {
    let heardAll = false
    const service = await upstream(request =>
      request
        .resume()
        .on('error', () => {})
        .on('end', () => (heardAll = true)),
    )
    const { url } = await running({ yaml: orderAt(service.url, { plugins }) })
    expect(await post(url, 500_000, { 'transfer-encoding': 'chunked' })).toEqual(refusal)
    expect(heardAll).toBe(false)
  })

  test('the connection of a refused one can be used again', async () => {
    const { url } = await running({ yaml: orderAt((await echo()).url, { plugins }) })
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    for (const headers of [{ 'content-length': 500_000 }, { 'transfer-encoding': 'chunked' }]) {
      const large = await ask(url, '/order/', { method: 'POST', body: 'x'.repeat(500_000), headers, agent })
      const small = await ask(url, '/order/', { method: 'POST', body: 'x', headers: { 'content-length': 1 }, agent })
      expect([large.status, small.status]).toEqual([413, 200])
    }
    agent.destroy()
  })
})

describe('rate-limiting', () => {
  const limited = (limits: string) => `{ name: rate-limiting, config: { ${limits}, limit_by: ip, policy: local } }`
  afterEach(() => void vi.useRealTimers())

  test('says what is left, refuses what is too much, and begins anew with the next minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T12:00:45Z') })
    const { url } = await running({ yaml: orderAt((await echo()).url, { plugins: limited('minute: 2') }) })
    expect(await ask(url, '/order/')).toMatchObject({
      status: 200,
      headers: {
        'x-ratelimit-limit-minute': '2',
        'x-ratelimit-remaining-minute': '1',
        'ratelimit-limit': '2',
        'ratelimit-remaining': '1',
        'ratelimit-reset': '15',
      },
    })
    expect((await ask(url, '/order/')).headers).toMatchObject({ 'ratelimit-remaining': '0' })
    for (let again = 0; again < 2; again += 1) {
      const { status, headers, json } = await ask(url, '/order/')
      expect({ status, ...json() }).toEqual({ status: 429, message: 'API rate limit exceeded' })
      expect(headers).toMatchObject({ 'retry-after': '15', 'ratelimit-remaining': '0', 'ratelimit-reset': '15' })
    }
    vi.setSystemTime(new Date('2026-01-01T12:01:00Z'))
    expect((await ask(url, '/order/')).headers).toMatchObject({ 'ratelimit-remaining': '1', 'ratelimit-reset': '60' })
  })

  test('of several limits the tightest is told, and what one refuses does not count for the others', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T12:00:45Z') })
    const { url } = await running({ yaml: orderAt((await echo()).url, { plugins: limited('second: 1, hour: 3') }) })
    const statuses = []
    for (let at = 0; at < 2; at += 1) statuses.push((await ask(url, '/order/')).status)
    expect(statuses).toEqual([200, 429])
    vi.setSystemTime(new Date('2026-01-01T12:00:46Z'))
    expect((await ask(url, '/order/')).headers).toMatchObject({
      'x-ratelimit-remaining-second': '0',
      'x-ratelimit-remaining-hour': '1',
      'ratelimit-limit': '1',
    })
  })

  test('the limits of the service behind are not taken for its own', async () => {
    const service = await upstream((_request, response) => response.writeHead(200, { 'ratelimit-limit': '7' }).end())
    const { url } = await running({ yaml: orderAt(service.url, { plugins: limited('minute: 100') }) })
    expect((await ask(url, '/order/')).headers).toMatchObject({ 'ratelimit-limit': '100' })
  })
})
