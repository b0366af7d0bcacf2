import type { FastifyInstance } from 'fastify'
import { Check, Clean } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { masked, type RouteName } from '../../src/operations/contract.ts'
import { schemas } from '../../src/operations/schemas.ts'
import { type Asked, ask, asking, type OperatedShop, operatedShop, serverOf, tokens } from './operated-shop.ts'

let shop: OperatedShop
let app: FastifyInstance
let read: ReturnType<typeof asking>
const ids: Record<string, string> = {}

beforeAll(async () => {
  shop = await operatedShop()
  app = await serverOf(shop)
  const ask = asking(app, 'operator')
  read = async (name, asked) => {
    const answer = await ask(name, asked)
    expect(isAsDescribed(name, answer), `${name} answers what its schema does not say`).toBe(true)
    return answer
  }
  for (const orderId of ['rich-1', 'rich-2', 'poor-1']) ids[orderId] = await shop.order({ orderId })
  ids['stuck-1'] = await shop.order({ orderId: 'stuck-1', email: 'nobody@example.com' })
})

afterAll(async () => {
  await app.close()
  await shop.close()
})

/** Nothing is missing, nothing is something else, and nothing is there that nobody says. */
function isAsDescribed(name: RouteName, answer: unknown): boolean {
  const { answer: schema } = schemas[name]
  return Check(schema, answer) && JSON.stringify(Clean(schema, structuredClone(answer))) === JSON.stringify(answer)
}

test('whoever asks is told who they are', async () => {
  expect(await read('me')).toEqual({ name: 'the operator', role: 'operator' })
})

test('services say how they are', async () => {
  const { services } = await read('services')
  expect(services).toMatchObject([
    {
      service: 'orders',
      ready: true,
      reasons: [],
      database: 'up',
      broker: { state: 'connected', because: null },
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      figures: {
        sagas: { running: 0, compensating: 0, stuck: 1 },
        parked: 1,
        deadLetters: 0,
        outbox: { messages: expect.any(Number), oldestMs: expect.any(Number), error: null },
        inbox: { count: expect.any(Number), more: false },
      },
      stranded: [],
    },
    { service: 'workers', figures: { deadLetters: 1, parked: 0 } },
  ])
  const { schema, startedAt, clockSkewMs } = services[0]
  expect(schema.applied).toBe(schema.known)
  expect(Date.now() - Date.parse(startedAt)).toBeLessThan(120_000)
  expect(Math.abs(clockSkewMs)).toBeLessThan(5_000)
})

test('a service whose database is away says that, and nothing that it cannot know', async () => {
  const away = [
    vi.spyOn(shop.workers.queries, 'figures').mockRejectedValue(new Error('connect ECONNREFUSED')),
    vi.spyOn(shop.workers.queries, 'condition').mockRejectedValue(new Error('connect ECONNREFUSED')),
    vi.spyOn(shop.workers.queries, 'versionsInFlight').mockReturnValue(new Promise(() => {})),
  ]
  const { services } = await read('services')
  for (const each of away) each.mockRestore()
  expect(services).toMatchObject([
    { service: 'orders', database: 'up' },
    {
      service: 'workers',
      ready: false,
      reasons: ['The database does not answer: connect ECONNREFUSED'],
      database: 'down',
      schema: null,
      clockSkewMs: null,
      figures: null,
    },
  ])
})

describe('sagas', () => {
  const keysIn = async (query: Asked['query']) => {
    const { services } = await read('sagas', { query: { service: 'orders', ...query } })
    return services[0].sagas.map(({ key }: { key: string }) => key)
  }

  test('are listed by service, newest first', async () => {
    const { services } = await read('sagas')
    expect(services.map((group: any) => [group.service, group.sagas.map((each: any) => each.key), group.next])).toEqual(
      [
        ['orders', ['stuck-1', 'poor-1', 'rich-2', 'rich-1'], null],
        ['workers', [], null],
      ],
    )
  })

  test.each<[Asked['query'], string[]]>([
    [{ order: 'oldest', limit: '2' }, ['rich-1', 'rich-2']],
    [{ status: 'compensated' }, ['poor-1']],
    [{ status: 'stuck', definition: 'checkout', version: '1' }, ['stuck-1']],
    [{ definition: 'none' }, []],
    [{ step: 'invoice' }, ['stuck-1']],
    [{ failure: 'DECLINED' }, ['poor-1']],
    [{ failure: 'UNPROCESSABLE' }, ['stuck-1']],
    [{ key: 'rich-*' }, ['rich-2', 'rich-1']],
    [{ key: 'rich-1' }, ['rich-1']],
    [{ text: 'RICH-2' }, ['rich-2']],
    [{ startedAfter: '2999-01-01T00:00:00Z' }, []],
    [{ startedBefore: '2999-01-01T00:00:00Z', status: 'completed' }, ['rich-2', 'rich-1']],
  ])('%j finds %j', async (query, keys) => {
    expect(await keysIn(query)).toEqual(keys)
  })

  test('are read page by page', async () => {
    const keys: string[] = []
    let query: Asked['query'] = { service: 'orders', limit: '1' }
    for (let after: string | null = ''; after !== null; query = { ...query, after: after ?? '' }) {
      const { services }: any = await read('sagas', { query })
      keys.push(...services[0].sagas.map((each: any) => each.key))
      after = services[0].next
      if (after === null) break
    }
    expect(keys).toEqual(['stuck-1', 'poor-1', 'rich-2', 'rich-1'])
  })

  test('say in a line what a person on call needs to know', async () => {
    const { services } = await read('sagas', { query: { service: 'orders', limit: '2' } })
    expect(services[0].sagas).toMatchObject([
      {
        status: 'stuck',
        revision: expect.stringMatching(/^[0-9a-f]{16}$/),
        steps: ['invoice'],
        endedAt: null,
        trouble: { code: 'UNPROCESSABLE', step: 'invoice', runbook: 'stuck-unprocessable' },
        cause: null,
      },
      { status: 'compensated', steps: [], trouble: null, cause: { step: 'payment', code: 'DECLINED' } },
    ])
  })

  test('are counted by definition and status', async () => {
    const { services } = await read('sagaCounts')
    expect(services[0].counts).toEqual(
      expect.arrayContaining([
        { definition: 'checkout', status: 'completed', count: 2, more: false },
        { definition: 'checkout', status: 'stuck', count: 1, more: false },
      ]),
    )
  })

  test('one is shown with its state, journal and messages of all services', async () => {
    const shown = await read('saga', { params: { id: ids['rich-1']! } })
    expect(shown).toMatchObject({
      service: 'orders',
      correlationId: ids['rich-1'],
      key: 'rich-1',
      status: 'completed',
      data: { orderId: 'rich-1' },
    })
    expect(shown.state.steps.payment.forward).toMatchObject({ state: 'succeeded', reply: { paymentId: 'P-rich-1' } })
    expect(shown.journal.length).toBeGreaterThan(2)
    expect(shown.messages.map((each: any) => `${each.service} ${each.kind} ${each.type}`)).toEqual(
      expect.arrayContaining(['workers command payment.charge', 'orders reply payment.charge']),
    )
  })

  test('one that is not there is a problem', async () => {
    for (const id of ['7', 'x'.repeat(99), '019aa111-2222-7333-8444-555566667777', "'; drop", 'a\0b', 'actions']) {
      const answer = await ask(app, 'saga', { params: { id } }, `Bearer ${tokens.reader}`)
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toMatchObject({ code: 'SAGA_UNKNOWN', detail: `No service here has a saga ${id}.` })
    }
  })
})

describe('messages', () => {
  test('of one saga are what each service received of it', async () => {
    const { services } = await read('messages', { query: { correlationId: ids['rich-1']! } })
    expect(services.map((each: any) => [each.service, each.messages.length > 0])).toEqual([
      ['orders', true],
      ['workers', true],
    ])
  })

  test('that are parked say why, how they came, and when they are tried again', async () => {
    const { services } = await read('parked', { query: { service: 'orders' } })
    const [message] = services[0].messages
    expect(message).toMatchObject({ kind: 'event', type: 'order.cancelled', state: 'parked', editable: false })
    expect(message.error).toContain('is on holiday')
    expect(JSON.parse(message.envelope.body)).toMatchObject({ orderId: 'poor-1' })
    expect(Date.parse(message.dueAt)).toBeGreaterThan(Date.now() - 60_000)
  })

  test('that are dead letters are found by type, group and identity', async () => {
    const identity = `${ids['stuck-1']}/invoice/forward`
    const lettersFor = async (query: Asked['query']) => {
      const { services } = await read('deadLetters', { query: { service: 'workers', ...query } })
      return services[0].messages.map((each: any) => each.identity)
    }
    const { services } = await read('failures', { query: { service: 'workers' } })
    expect(await lettersFor({})).toEqual([identity])
    expect(await lettersFor({ type: 'billing.invoice' })).toEqual([identity])
    expect(await lettersFor({ type: 'payment.charge' })).toEqual([])
    expect(await lettersFor({ fingerprint: services[0].groups[0].fingerprint })).toEqual([identity])
    expect(await lettersFor({ fingerprint: 'none' })).toEqual([])
    expect(await lettersFor({ identity })).toEqual([identity])
    expect(await lettersFor({ identity: `${ids['rich-1']}/invoice/forward` })).toEqual([])
    expect(await lettersFor({ identity: 'none' })).toEqual([])
    const [letter] = (await read('deadLetters', { query: { identity } })).services[1].messages
    expect(letter).toMatchObject({ state: 'dead', editable: true, dueAt: null, tries: 1 })
    expect(letter.payload).toEqual({ orderId: expect.any(String), email: masked })
  })
})

test('definitions can be drawn, with where their sagas stand', async () => {
  const { services } = await read('definitions')
  expect(services[0]).toMatchObject({
    service: 'orders',
    events: ['order.cancelled'],
    sagas: [
      {
        name: 'checkout',
        inFlight: 1,
        stages: [
          [
            {
              name: 'payment',
              kind: 'compensatable',
              command: 'payment.charge',
              failures: ['DECLINED'],
              deadlineMs: 3_600_000,
              compensation: { command: 'payment.refund' },
            },
          ],
          [{ name: 'shipping', kind: 'pivot', compensation: null }],
          [{ name: 'invoice', kind: 'retriable' }],
        ],
        ends: { completed: null, compensated: 'order.cancelled' },
      },
    ],
    standing: [{ definition: 'checkout', version: 1, step: 'invoice', status: 'stuck', sagas: 1 }],
  })
  expect(services[1].commands).toEqual(['payment.charge', 'payment.refund', 'shipping.send', 'billing.invoice'])
})

test('failures are grouped, each with its runbook', async () => {
  const { services } = await read('failures')
  expect(services).toMatchObject([
    {
      service: 'orders',
      groups: expect.arrayContaining([
        expect.objectContaining({
          kind: 'stuck saga',
          what: 'checkout',
          code: 'UNPROCESSABLE',
          step: 'invoice',
          count: 1,
          examples: [ids['stuck-1']],
          runbook: 'stuck-unprocessable',
        }),
        expect.objectContaining({ kind: 'parked message', what: 'order.cancelled', runbook: 'parked-messages' }),
      ]),
    },
    { service: 'workers', groups: [{ kind: 'dead letter', what: 'billing.invoice', runbook: 'dead-letters' }] },
  ])
})

test('pace is what has ended in the last hour', async () => {
  const { services } = await read('pace')
  const { since, minutes, durations } = services[0]
  expect(Date.now() - Date.parse(since)).toBeGreaterThanOrEqual(3_600_000)
  expect(minutes.reduce((sum: number, { sagas }: any) => sum + sagas, 0)).toBe(3)
  expect(durations).toEqual(
    expect.arrayContaining([expect.objectContaining({ definition: 'checkout', status: 'completed', sagas: 2 })]),
  )
})

describe('a question that is wrong', () => {
  const wrong = async (name: RouteName, asked: Asked) => {
    const answer = await ask(app, name, asked, `Bearer ${tokens.admin}`)
    expect(answer.statusCode, answer.body).toBe(400)
    expect(answer.json()).toMatchObject({ title: 'Bad Request', status: 400 })
    return answer.json().errors.map(({ field, message }: any) => `${field} ${message}`)
  }

  test.each<[RouteName, NonNullable<Asked['query']>, string[]]>([
    [
      'sagas',
      { status: 'gone' },
      ['query.status is one of running, compensating, completed, compensated, stuck, abandoned'],
    ],
    ['sagas', { limit: '0', version: '1.5' }, ['query.version must be integer', 'query.limit must be >= 1']],
    ['sagas', { limit: '1000' }, ['query.limit must be <= 200']],
    ['sagas', { limit: '1e2' }, ['query.limit must be integer']],
    ['sagas', { sort: 'newest' }, ['query.sort is not known here']],
    ['sagas', { startedAfter: 'yesterday' }, ['query.startedAfter is a time such as 2026-01-31T12:00:00Z']],
    ['sagas', { text: '' }, ['query.text must not have fewer than 1 characters']],
    ['sagas', { text: 'a\0b' }, ['query.text holds a character that no database keeps']],
    ['sagas', { key: 'x'.repeat(300) }, ['query.key must not have more than 256 characters']],
    ['sagas', { service: 'nobody' }, ['query.service is one of orders, workers']],
    ['sagas', { after: 'x' }, ['query.service is missing: after goes on in one of orders, workers']],
    ['sagas', { service: 'orders', after: 'x' }, ['query.after is not what a page named as its next']],
    ['parked', { service: 'orders', after: '2026-01-01' }, ['query.after is not what a page named as its next']],
    ['deadLetters', { service: 'orders', after: '9999999' }, ['query.after is not what a page named as its next']],
    ['audit', { service: 'orders', after: 'x' }, ['query.after is not what a page named as its next']],
    ['messages', {}, ['query.correlationId is missing']],
    ['me', { name: 'x' }, ['query.name is not known here']],
    ['saga', { reveal: 'yes' }, ['query.reveal must be boolean']],
    ['saga', { reveal: 'true' }, ['query.reason is missing: the audit keeps why somebody looked']],
    ['saga', { reveal: 'true', reason: '  ' }, ['query.reason says nothing']],
    ['deadLetters', { reveal: 'true', reason: 'x' }, ['query.identity is missing: one message is revealed at a time']],
  ])('of %s, %j: %j', async (name, query, says) => {
    expect(await wrong(name, { query, params: { id: ids['rich-1']! } })).toEqual(says)
  })

  test('said twice is wrong', async () => {
    const answer = await app.inject({
      url: '/operations/sagas?definition=a&definition=b',
      headers: { authorization: `Bearer ${tokens.reader}` },
    })
    expect(answer.json().errors).toEqual([{ field: 'query.definition', message: 'must be string' }])
  })

  const items = [{ id: 'a' }]
  const reason = 'because'

  test.each<[RouteName, unknown, string[]]>([
    ['actOnSagas', {}, ['body.items is missing', 'body.action is missing', 'body.reason is missing']],
    ['actOnSagas', [], ['body must be object']],
    ['actOnSagas', { items: [], action: { kind: 'retry' }, reason }, ['body.items must not have fewer than 1 items']],
    [
      'actOnSagas',
      { items: Array(201).fill({ id: 'a' }), action: { kind: 'retry' }, reason },
      ['body.items must not have more than 200 items'],
    ],
    [
      'actOnSagas',
      { items: [{ id: 7 }, {}], action: { kind: 'retry' }, reason },
      ['body.items.0.id must be string', 'body.items.1.id is missing'],
    ],
    [
      'actOnSagas',
      { items, action: { kind: 'delete' }, reason },
      ['body.action.kind is one of retry, compensate, abandon, skip, resolve'],
    ],
    ['actOnSagas', { items, action: {}, reason }, ['body.action.kind is missing']],
    ['actOnSagas', { items, action: 'retry', reason }, ['body.action must be object']],
    ['actOnSagas', { items, action: { kind: 'skip' }, reason }, ['body.action.step is missing']],
    ['actOnSagas', { items, action: { kind: 'resolve', step: 'x' }, reason }, ['body.action.reply is missing']],
    ['actOnSagas', { items, action: { kind: 'retry', step: 'x' }, reason }, ['body.action.step is not known here']],
    ['actOnSagas', { items, action: { kind: 'retry' }, reason: ' \n' }, ['body.reason says nothing']],
    [
      'actOnSagas',
      { items, action: { kind: 'retry' }, reason: 'a\0' },
      ['body.reason holds a character that no database keeps'],
    ],
    [
      'actOnSagas',
      { items, action: { kind: 'resolve', step: 'x', reply: { a: ['\ud800'] } }, reason },
      ['body.action.reply.a.0 holds a character that no database keeps'],
    ],
    ['actOnSagas', { items, action: { kind: 'retry' }, reason, dryrun: true }, ['body.dryrun is not known here']],
    [
      'actOnDeadLetters',
      { service: 'workers', letters: {}, action: { kind: 'redrive' }, reason },
      ['body.letters.identities is missing'],
    ],
    [
      'actOnDeadLetters',
      {
        service: 'workers',
        letters: { identities: ['a'], after: 'x' },
        action: { kind: 'discard', perSecond: 3 },
        reason,
      },
      ['body.letters.after is not known here', 'body.action.perSecond is not known here'],
    ],
    [
      'actOnDeadLetters',
      { service: 'workers', letters: { fingerprint: 'x' }, action: { kind: 'redrive', perSecond: 0 }, reason },
      ['body.action.perSecond must be >= 0.01'],
    ],
    [
      'actOnDeadLetters',
      { service: 'nobody', letters: { identities: ['a'] }, action: { kind: 'redrive' }, reason },
      ['body.service is one of orders, workers'],
    ],
    [
      'actOnDeadLetters',
      { service: 'workers', letters: { identities: ['a', 'b'] }, action: { kind: 'redrive', payload: {} }, reason },
      ['body.action.payload takes the place of that of one letter, which has to be named'],
    ],
    [
      'actOnDeadLetters',
      { service: 'workers', letters: { fingerprint: 'a' }, action: { kind: 'redrive', payload: null }, reason },
      ['body.action.payload takes the place of that of one letter, which has to be named'],
    ],
    ['prune', { reason: 7 }, ['body.reason must be string']],
  ])('of %s, %j: %j', async (name, body, says) => {
    expect(await wrong(name, { body })).toEqual(says)
  })

  test('in a body that is no JSON is told what a body is', async () => {
    const headers = { authorization: `Bearer ${tokens.admin}`, 'content-type': 'text/plain' }
    const answer = await app.inject({ method: 'POST', url: '/operations/prune', headers, payload: '{"reason":"x"}' })
    expect(answer.json()).toMatchObject({ status: 415, detail: 'A body is application/json, and not text/plain.' })
  })

  test('in more fields than a person reads names twenty of them, and says how many more', async () => {
    const body = { items: Array(100).fill({ id: 7 }), action: { kind: 'retry' }, reason }
    const answer = await ask(app, 'actOnSagas', { body }, `Bearer ${tokens.admin}`)
    expect(answer.json().errors).toHaveLength(20)
    expect(answer.json().detail).toMatch(/; and 80 more\.$/)
  })

  test.each([
    ['text/plain', '{"reason":"x"}', 415],
    ['application/x-www-form-urlencoded', 'reason=x', 415],
    ['application/json', '{"reason":', 400],
    ['application/json', '', 400],
    ['application/json', '{"__proto__":{"reason":"x"}}', 400],
    ['application/json', `{"reason":"${'x'.repeat(2_000_000)}"}`, 413],
    ['application/json', `{"reason":"x","a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 400],
  ])('in a body of %s is a problem as well: %.40s', async (type, payload, status) => {
    const headers = { authorization: `Bearer ${tokens.admin}`, 'content-type': type }
    const answer = await app.inject({ method: 'POST', url: '/operations/prune', headers, payload })
    expect(answer.statusCode, answer.body.slice(0, 200)).toBe(status)
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  })
})
