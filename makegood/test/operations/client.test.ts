import type { ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { operationsClient, type Told } from '../../src/operations/client.ts'
import { acting, inboxView, sagaInFull, sagasOf, sagaView } from './contract-bodies.ts'
import { problem, stranger } from './stranger.ts'

const saga = sagaView()

const message = (service: string, identity: string, receivedAt: string) => ({
  service,
  ...inboxView({ identity, receivedAt }),
})

const inFull = sagaInFull({ messages: [message('orchestrator', 'reply', '2026-01-01T00:00:00.500Z')] })

const names = (...services: string[]) => ({ services: services.map(service => ({ service })) })

describe('a question', () => {
  test('is asked of all addresses with the token of each, and answered by service', async () => {
    const one = await stranger({ 'GET /sagas': { services: [sagasOf('orchestrator', saga)] } })
    const other = await stranger({ 'GET /sagas': { services: [sagasOf('payment'), sagasOf('stock')] } })
    const client = operationsClient({ services: [{ url: `${one.url}/`, token: 'secret' }, { url: other.url }] })

    const { services, unreachable } = await client.sagas({ status: 'stuck', text: 'a b&c' })
    expect(services.map(({ service, url, sagas }) => [service, url, sagas.length])).toEqual([
      ['orchestrator', one.url, 1],
      ['payment', other.url, 0],
      ['stock', other.url, 0],
    ])
    expect(unreachable).toEqual([])
    expect(one.asked).toEqual([{ line: 'GET /sagas?status=stuck&text=a+b%26c', token: 'Bearer secret' }])
    expect(other.asked[0]?.token).toBeUndefined()
  })

  test('is answered by those that are there; the others are named with the reason', async () => {
    const well = await stranger({ 'GET /failures': { services: [{ service: 'orchestrator', groups: [] }] } })
    const broken = await stranger({ 'GET /failures': problem(503, 'The database cannot be reached.') })
    const silent = await stranger({ 'GET /failures': () => undefined })
    const closed = await stranger({ 'GET /failures': problem(401, 'Say who you are.') })
    const elsewhere = await stranger({})
    const page = await stranger({
      'GET /failures': (_, response) => void response.writeHead(200).end('<h1>Welcome</h1>'),
    })
    const moved = await stranger({
      'GET /failures': (_, response) => void response.writeHead(302, { location: 'https://elsewhere/' }).end(),
    })
    const gone = await stranger({})
    await gone.goAway()
    const places = [well, broken, silent, closed, elsewhere, page, moved, gone]
    const client = operationsClient({ services: places.map(({ url }) => ({ url, token: 't' })), timeoutMs: 3_000 })

    const { services, unreachable } = await client.failures()
    expect(services.map(({ service }) => service)).toEqual(['orchestrator'])
    expect(unreachable).toEqual([
      { url: broken.url, status: 503, says: 'The database cannot be reached.' },
      { url: silent.url, says: 'It did not answer within 3 s.' },
      { url: closed.url, status: 401, says: 'Say who you are.' },
      { url: elsewhere.url, status: 404, says: expect.stringContaining('It has no operations') },
      { url: page.url, says: expect.stringContaining('is not of makegood') },
      { url: moved.url, status: 302, says: 'It redirects to https://elsewhere/: name that address instead.' },
      { url: gone.url, says: expect.stringMatching(/^It cannot be reached: .*ECONNREFUSED/) },
    ])
  })

  test('that is wrong is thrown with what the service says of it', async () => {
    const one = await stranger({ 'GET /sagas': problem(400, 'limit is a whole number from 1 to 200.') })
    const client = operationsClient({ services: [one] })
    await expect(client.sagas({ limit: 0 })).rejects.toThrow('limit is a whole number from 1 to 200.')
  })

  test('about one service is asked where that is', async () => {
    const one = await stranger({ 'GET /services': names('orchestrator'), 'GET /sagas': { services: [sagasOf('x')] } })
    const other = await stranger({
      'GET /services': names('payment'),
      'GET /sagas': { services: [sagasOf('payment')] },
    })
    const client = operationsClient({ services: [one, other] })

    await client.sagas({ service: 'payment' })
    await client.sagas({ service: 'payment', after: '7' })
    expect(one.asked.map(({ line }) => line)).toEqual(['GET /services'])
    expect(other.asked.map(({ line }) => line)).toEqual([
      'GET /services',
      'GET /sagas?service=payment',
      'GET /sagas?service=payment&after=7',
    ])
    await expect(client.sagas({ service: 'paiment' })).rejects.toThrow(
      'There is no service paiment; there are orchestrator, payment.',
    )
    await one.goAway()
    await expect(client.sagas({ service: 'paiment' })).rejects.toThrow('cannot be reached')
  })

  test('that two processes of one service answer has one answer; their health has two', async () => {
    const answers = {
      'GET /services': names('orchestrator'),
      'GET /sagas': { services: [sagasOf('orchestrator', saga)] },
    }
    const [one, other] = [await stranger(answers), await stranger(answers)]
    const client = operationsClient({ services: [one, other] })
    expect((await client.sagas()).services).toHaveLength(1)
    expect((await client.services()).services.map(({ url }) => url)).toEqual([one.url, other.url])
  })
})

describe('a saga', () => {
  test('is found wherever it is, with the messages of all services in the order of time', async () => {
    const one = await stranger({
      [`GET /sagas/${saga.id}`]: problem(404, 'No service here has it.', 'SAGA_UNKNOWN'),
      'GET /messages': {
        services: [{ service: 'payment', messages: [message('payment', 'late', '2026-01-01T00:00:00.900Z')] }],
      },
    })
    const other = await stranger({ [`GET /sagas/${saga.id}`]: inFull })
    const third = await stranger({
      [`GET /sagas/${saga.id}`]: problem(404, 'No service here has it.', 'SAGA_UNKNOWN'),
      'GET /messages': {
        services: [{ service: 'stock', messages: [message('stock', 'early', '2026-01-01T00:00:00.100Z')] }],
      },
    })
    const client = operationsClient({ services: [one, other, third] })

    const { saga: found } = await client.saga(saga.id)
    expect(found).toMatchObject({ id: saga.id, service: 'orchestrator', url: other.url })
    expect(found?.messages.map(({ service, identity }) => `${service} ${identity}`)).toEqual([
      'stock early',
      'orchestrator reply',
      'payment late',
    ])
    expect(one.asked[1]?.line).toBe(`GET /messages?correlationId=${saga.id}`)
  })

  test('that nobody has is undefined, and who could not be asked is named', async () => {
    const one = await stranger({ 'GET /sagas/x%2Fy': problem(404, 'No service here has it.', 'SAGA_UNKNOWN') })
    const gone = await stranger({})
    await gone.goAway()
    const client = operationsClient({ services: [one, gone] })
    expect(await client.saga('x/y')).toEqual({
      saga: undefined,
      unreachable: [expect.objectContaining({ url: gone.url })],
    })
  })
})

describe('an action', () => {
  const knowing = (...ids: readonly string[]) => ({ 'POST /sagas/actions': acting(...ids) })

  const request = {
    items: [{ id: 'a', revision: 'r' }, { id: 'b' }, { id: 'c' }],
    action: { kind: 'retry' },
    reason: 'x',
  } as const

  test('is done once, where the saga is', async () => {
    const [one, replica, other] = [
      await stranger(knowing('a')),
      await stranger(knowing('a')),
      await stranger(knowing('b')),
    ]
    const client = operationsClient({ services: [one, replica, other] })

    const { results } = await client.actOnSagas(request)
    expect(results.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(['a done', 'b done', 'c unknown'])
    const done = [one, replica, other].map(({ asked }) =>
      asked.filter(({ body }) => !body.dryRun).map(({ body }) => body.items),
    )
    expect(done).toEqual([[[{ id: 'a', revision: 'r' }]], [], [[{ id: 'b' }]]])
  })

  test('is only looked at in a dry run', async () => {
    const one = await stranger(knowing('a', 'b', 'c'))
    const { results } = await operationsClient({ services: [one] }).actOnSagas({ ...request, dryRun: true })
    expect(results.map(({ outcome }) => outcome)).toEqual(['would be done', 'would be done', 'would be done'])
    expect(one.asked.map(({ body }) => body.dryRun)).toEqual([true])
  })

  test('that got no answer says that it may have been done', async () => {
    const one = await stranger({
      'POST /sagas/actions': (asked, response) => (asked.body.dryRun ? acting('a')(asked) : void response.destroy()),
    })
    const { results } = await operationsClient({ services: [one] }).actOnSagas({ ...request, items: [{ id: 'a' }] })
    expect(results).toMatchObject([
      { outcome: 'failed', says: expect.stringContaining('Whether it was done is not known') },
    ])
  })

  test('on dead letters goes to the service that has them', async () => {
    const letters = {
      'POST /dead-letters/actions': { results: [{ identity: 'm', outcome: 'done', says: '' }], next: null },
    }
    const one = await stranger({ 'GET /services': names('orchestrator') })
    const other = await stranger({ 'GET /services': names('payment'), ...letters })
    const client = operationsClient({ services: [one, other] })
    const { results } = await client.actOnDeadLetters({
      service: 'payment',
      letters: { identities: ['m'] },
      action: { kind: 'redrive' },
      reason: 'mended',
    })
    expect(results).toEqual([{ identity: 'm', outcome: 'done', says: '' }])
    expect(one.asked).toHaveLength(1)
  })
})

describe('changes', () => {
  const figures = 'event: figures\ndata: {"services":[{"service":"orchestrator"}]}\n\n'

  function streaming(streams: ServerResponse[]) {
    return {
      'GET /changes': (_: unknown, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n')
        streams.push(response)
        return undefined
      },
    }
  }

  async function next(told: AsyncIterator<Told>, event: Told['event']): Promise<Told> {
    for (;;) {
      const { value, done } = await told.next()
      if (done) throw new Error('The stream has ended.')
      if (value.event === event) return value
    }
  }

  test('are told by all addresses, in pieces and after comments', async () => {
    const streams: ServerResponse[] = []
    const one = await stranger(streaming(streams))
    const changes = operationsClient({ services: [one] }).changes({ saga: 's' })
    const told = changes[Symbol.asyncIterator]()
    onTestFinished(async () => void (await told.return?.()))

    expect(await next(told, 'connected')).toEqual({ url: one.url, event: 'connected' })
    for (const piece of figures) streams[0]!.write(piece)
    expect(await next(told, 'figures')).toMatchObject({ data: { services: [{ service: 'orchestrator' }] } })
    streams[0]!.write(': still here\n\nevent: saga\r\ndata: {"id":"s","status":"stuck","revision":"r"}\r\n\r\n')
    expect(await next(told, 'saga')).toMatchObject({ data: { id: 's', status: 'stuck' } })
    expect(one.asked[0]?.line).toBe('GET /changes?saga=s')
  })

  test('go on after the address was away, which is told once', async () => {
    const streams: ServerResponse[] = []
    const one = await stranger(streaming(streams))
    const changes = operationsClient({ services: [one] }).changes()
    const told = changes[Symbol.asyncIterator]()
    onTestFinished(async () => void (await told.return?.()))

    await next(told, 'connected')
    await one.goAway()
    expect(await next(told, 'away')).toMatchObject({ data: { url: one.url } })
    await one.comeBack()
    expect((await told.next()).value).toMatchObject({ event: 'connected' })
  })

  test('end when they are no longer wanted, and leave no connection', async () => {
    const streams: ServerResponse[] = []
    const one = await stranger(streaming(streams))
    const stop = new AbortController()
    const seen: string[] = []
    for await (const { event } of operationsClient({ services: [one] }).changes({ signal: stop.signal })) {
      seen.push(event)
      stop.abort()
    }
    expect(seen).toEqual(['connected'])
    await expect.poll(() => streams[0]!.closed).toBe(true)
  })
})

describe('options', () => {
  test.each([
    [{ services: [] }, 'services has to name one address at least'],
    [{ services: [{ url: 'localhost:8001' }] }, 'An address is of the form http://host:port'],
    [{ services: [{ url: 'http://me:secret@localhost' }] }, 'without a user, a password'],
    [{ services: [{ url: 'http://a' }, { url: 'http://a/' }] }, 'names an address twice'],
    [{ services: [{ url: 'http://a', token: 'a b' }] }, 'has characters that a header cannot carry'],
    [{ services: [{ url: 'http://a' }], timeoutMs: 0 }, 'timeoutMs is a whole number from 100 to 60 000'],
  ])('%j are refused', (options, says) => {
    expect(() => operationsClient(options)).toThrow(expect.objectContaining({ message: expect.stringContaining(says) }))
  })

  test('a path in front of /operations is kept, and /operations itself may be named', async () => {
    const one = await stranger({})
    const { unreachable } = await operationsClient({ services: [{ url: `${one.url}/orders/operations/` }] }).me()
    expect(unreachable[0]?.url).toBe(`${one.url}/orders`)
    expect(one.asked[0]?.line).toBe('GET /orders/me')
  })
})
