import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { ask, type Echoed, echo, orderAt, running, upstream } from './gateway-rig.ts'

describe('a request reaches the service as it was sent', () => {
  test.each([
    ['/order/api/v1/orders/', '/api/v1/orders/'],
    ['/order/', '/'],
    ['/order/?page=2', '/?page=2'],
    ['/order/a?b=/order/&c=%20+&c=2&d', '/a?b=/order/&c=%20+&c=2&d'],
    ['/order/order/', '/order/'],
    ['/order/a%2Fb%20c%3F/%C3%A9', '/a%2Fb%20c%3F/%C3%A9'],
    ['/order/a//b/./c/../d', '/a//b/./c/../d'],
    ['/order/%2e%2e/secret', '/%2e%2e/secret'],
    ['/order//evil.example/', '//evil.example/'],
    [`/order/${'long/'.repeat(400)}`, `/${'long/'.repeat(400)}`],
  ])('%s is asked for as %s', async (path, expected) => {
    const { url } = await running({ yaml: orderAt((await echo()).url) })
    expect((await ask(url, path)).json()).toMatchObject({ method: 'GET', url: expected })
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s with its body', async method => {
    const { url } = await running({ yaml: orderAt((await echo()).url) })
    const headers = { 'content-type': 'application/json', 'content-length': '9' }
    const answer = await ask(url, '/order/x', { method, body: '{"broken"', headers })
    expect(answer.json()).toMatchObject({ method, body: '{"broken"', headers })
  })

  test.each([
    ['no content type at all', {}],
    ['a content type that is none', { 'content-type': 'nonsense' }],
    ['no declared length', { 'transfer-encoding': 'chunked' }],
    ['an announcement that it will be large', { expect: '100-continue', 'content-length': '4' }],
  ])('a body with %s', async (_name, headers) => {
    const { url } = await running({ yaml: orderAt((await echo()).url) })
    expect((await ask(url, '/order/', { method: 'POST', body: 'body', headers })).json()).toMatchObject({
      body: 'body',
    })
  })

  test('HEAD is asked as HEAD, and answered with headers alone', async () => {
    const { url } = await running({
      yaml: orderAt(
        (
          await upstream(({ method }, response) =>
            response.setHeader('x-method', method!).setHeader('content-length', '12').end(),
          )
        ).url,
      ),
    })
    const { status, headers, text } = await ask(url, '/order/', { method: 'HEAD' })
    expect({ status, text }).toEqual({ status: 200, text: '' })
    expect(headers).toMatchObject({ 'x-method': 'HEAD', 'content-length': '12' })
  })

  test('what holds for one connection stays on it, and who asked for what is told', async () => {
    const { url } = await running({ yaml: orderAt((await echo()).url) })
    const { host } = new URL(url)
    const answer = await ask(url, '/order/api?x=1', {
      headers: {
        connection: 'keep-alive, x-mine',
        'keep-alive': 'timeout=5',
        'x-mine': 'for the gateway',
        'proxy-authorization': 'Basic x',
        te: 'trailers',
        upgrade: 'websocket',
        cookie: 'a=1; b=2',
        authorization: 'Bearer x',
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-host': 'elsewhere.example',
      },
    })
    const { headers } = answer.json() as Echoed
    for (const name of ['x-mine', 'keep-alive', 'proxy-authorization', 'te', 'upgrade'])
      expect(headers[name]).toBeUndefined()
    expect(headers).toMatchObject({
      cookie: 'a=1; b=2',
      authorization: 'Bearer x',
      'x-forwarded-for': '203.0.113.7, 127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': '127.0.0.1',
      'x-forwarded-port': host.split(':')[1],
      'x-forwarded-path': '/order/api',
      'x-forwarded-prefix': '/order/',
    })
    expect(headers['host']).not.toBe(host)
  })
})

describe('an answer reaches the client as it was given', () => {
  test('with its status, its headers and its body, whatever they are', async () => {
    const service = await upstream((_request, response) => {
      response.writeHead(418, 'Teapot', {
        'set-cookie': ['a=1', 'b=2'],
        location: '/elsewhere',
        'content-encoding': 'gzip',
        connection: 'close, x-hop',
        'x-hop': '1',
        'keep-alive': 'timeout=1',
      })
      response.end('not really gzip')
    })
    const { url } = await running({ yaml: orderAt(service.url) })
    const { status, headers, text } = await ask(url, '/order/')
    expect({ status, text }).toEqual({ status: 418, text: 'not really gzip' })
    expect(headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], location: '/elsewhere', 'content-encoding': 'gzip' })
    expect(headers['x-hop']).toBeUndefined()
  })

  test.each([204, 304])('%d has no body', async status => {
    const service = await upstream((_request, response) => response.writeHead(status).end())
    const { url } = await running({ yaml: orderAt(service.url) })
    expect(await ask(url, '/order/')).toMatchObject({ status, text: '' })
  })

  test('a 503 of the service is its own, and not asked about again', async () => {
    let asked = 0
    const service = await upstream((_request, response) => {
      asked += 1
      response.writeHead(503).end('busy')
    })
    const { url } = await running({ yaml: orderAt(service.url) })
    expect(await ask(url, '/order/')).toMatchObject({ status: 503, text: 'busy' })
    expect(asked).toBe(1)
  })
})

describe('nothing is held back', () => {
  test('the headers of a stream arrive before its first byte, and every byte before the next', async () => {
    const service = await upstream((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    )
    const { url } = await running({ yaml: orderAt(service.url) })
    const asked = once(service.server, 'request')
    const answer = await fetch(`${url}/order/events`)
    const [, stream] = (await asked) as [unknown, http.ServerResponse]
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      stream.write(event)
      expect((await reader.read()).value).toBe(event)
    }
    stream.end()
    expect((await reader.read()).done).toBe(true)
  })

  test('the service reads a request while it is being written', async () => {
    const service = await upstream(() => {})
    const { url } = await running({ yaml: orderAt(service.url) })
    const request = http.request(`${url}/order/`, { method: 'POST' })
    request.on('error', () => {})
    request.write('first')
    const [asked] = (await once(service.server, 'request')) as [IncomingMessage]
    expect(String((await once(asked, 'data'))[0])).toBe('first')
    request.destroy()
  })

  test('64 MB go through in both directions', async () => {
    const service = await upstream((request, response) => request.pipe(response))
    const { url } = await running({ yaml: orderAt(service.url) })
    const request = http.request(`${url}/order/`, { method: 'POST' })
    const answered = once(request, 'response') as Promise<[IncomingMessage]>
    const megabyte = Buffer.alloc(2 ** 20, 'x')
    const wrote = (async () => {
      for (let sent = 0; sent < 64; sent += 1) if (!request.write(megabyte)) await once(request, 'drain')
      request.end()
    })()
    const [response] = await answered
    let bytes = 0
    for await (const chunk of response) bytes += (chunk as Buffer).length
    await wrote
    expect(bytes).toBe(64 * 2 ** 20)
  })

  test.each(['/order/silent', '/order/streams'])('a client that leaves %s is not waited for there', async path => {
    const service = await upstream(({ url }, response) => url === '/streams' && response.write('and on it goes'))
    const { url, warnings } = await running({ yaml: orderAt(service.url) })
    const request = http.get(`${url}${path}`).on('error', () => {})
    const [asked] = (await once(service.server, 'request')) as [IncomingMessage]
    if (path.endsWith('streams')) await once(request, 'response')
    const gone = once(asked.socket, 'close')
    request.destroy()
    await gone
    expect(warnings).toEqual([])
  })
})

describe('a service that does not answer', () => {
  test('is 503 if it is down', async () => {
    const service = await echo()
    service.server.close()
    const { url } = await running({ yaml: orderAt(service.url) })
    const { status, headers, json } = await ask(url, '/order/', { method: 'POST', body: '{}' })
    expect(status).toBe(503)
    expect(headers['content-type']).toContain('application/json')
    expect(json()).toEqual({ message: 'The upstream server is currently unavailable' })
  })

  test('is 503 if nobody knows its name', async () => {
    const { url } = await running({ yaml: orderAt('http://no-such-host.invalid:8000') })
    expect((await ask(url, '/order/')).status).toBe(503)
  })

  test('is 504 if it takes too long', async () => {
    const service = await upstream(() => {})
    const { url } = await running({ yaml: orderAt(service.url, { timeouts: 'read_timeout: 100' }) })
    const { status, json } = await ask(url, '/order/')
    expect({ status, ...json() }).toEqual({ status: 504, message: 'The upstream server is timing out' })
  })

  test.each([
    ['hangs up', (socket: net.Socket) => socket.destroy()],
    ['does not speak HTTP', (socket: net.Socket) => socket.end('SSH-2.0-OpenSSH\r\n')],
  ])('is 502 if it %s', async (_name, answer) => {
    const server = net.createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => answer(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const { url } = await running({ yaml: orderAt(`http://127.0.0.1:${port}`) })
    const { status, json } = await ask(url, '/order/')
    server.close()
    expect({ status, ...json() }).toEqual({
      status: 502,
      message: 'An invalid response was received from the upstream server',
    })
  })

  test('is asked again by the next request, as soon as it is back', async () => {
    const first = await echo()
    const { port } = first.server.address() as net.AddressInfo
    const { url } = await running({ yaml: orderAt(first.url) })
    expect((await ask(url, '/order/')).status).toBe(200)
    first.server.closeAllConnections()
    await new Promise(resolve => first.server.close(resolve))
    expect((await ask(url, '/order/')).status).toBe(503)
    const second = http.createServer((_request, response) => response.end('back')).listen(port, '127.0.0.1')
    await once(second, 'listening')
    const answer = await ask(url, '/order/')
    second.closeAllConnections()
    second.close()
    expect(answer.text).toBe('back')
  })
})

describe('an answer that breaks off does so for the client too, and never looks whole', () => {
  test.each([
    ['with a declared length', { 'content-length': '100' }],
    ['in chunks', {}],
    ['with nothing of the body sent', { 'content-length': '100', 'x-empty': '1' }],
  ])('%s', async (_name, headers) => {
    const service = await upstream((_request, response) => {
      response.writeHead(200, headers)
      if ('x-empty' in headers) response.flushHeaders()
      else response.write('half of ')
      setImmediate(() => response.socket!.destroy())
    })
    const { url, warnings } = await running({ yaml: orderAt(service.url) })
    const answer = await fetch(`${url}/order/`)
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow('terminated')
    await expect.poll(() => warnings).toEqual([expect.objectContaining({ upstream: 'order' })])
  })

  test('because it is silent for too long', async () => {
    const service = await upstream((_request, response) => response.write('half of '))
    const { url } = await running({ yaml: orderAt(service.url, { timeouts: 'read_timeout: 100' }) })
    await expect((await fetch(`${url}/order/`)).text()).rejects.toThrow('terminated')
  })
})

test('a service that answers before it has read everything is heard', async () => {
  const service = await upstream((_request, response) => response.writeHead(401).end('who are you'))
  const { url } = await running({ yaml: orderAt(service.url) })
  const request = http.request(`${url}/order/`, { method: 'POST' })
  request.write(Buffer.alloc(1_000_000))
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  expect({ status: answer.statusCode, text: await text(answer) }).toEqual({ status: 401, text: 'who are you' })
  request.destroy()
})

test('told to close, it finishes what is under way, and keeps no idle connection', async () => {
  const service = await upstream(() => {})
  const { url, proxy } = await running({ yaml: orderAt(service.url) })
  const answer = fetch(`${url}/order/`)
  const [, response] = (await once(service.server, 'request')) as [unknown, http.ServerResponse]
  const closed = proxy.close()
  response.end('done')
  expect(await (await answer).text()).toBe('done')
  const beforehand = performance.now()
  await closed
  expect(performance.now() - beforehand).toBeLessThan(2_000)
})
