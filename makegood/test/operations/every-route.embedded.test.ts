import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ActionKind,
  type ActOnDeadLetters,
  type ActOnSagas,
  mayAct,
  type Role,
  type RouteName,
  roles,
  rolesOfActions,
  routes,
} from '../../src/operations/contract.ts'
import { type Access, oidcAccess, operationsRoutes } from '../../src/operations/index.ts'
import { type IdentityProvider, identityProvider, newKey } from './identity-provider.ts'
import {
  type Asked,
  ask,
  byRole,
  letterAction,
  type OperatedShop,
  operatedShop,
  questionsAbout,
  sagaAction,
  serverOf,
  tokens,
} from './operated-shop.ts'

// Every route there is with every caller there may be, from the table of routes: who adds one is asked about it here.

let shop: OperatedShop
let provider: IdentityProvider
let servers: Record<'tokens' | 'OpenID', FastifyInstance>
let stuckSaga: string
let completedSaga: string
let deadLetter: string

beforeAll(async () => {
  shop = await operatedShop()
  stuckSaga = await shop.order({ orderId: 'stuck-1', email: 'nobody@example.com' })
  completedSaga = await shop.order({ orderId: 'rich-1' })
  deadLetter = `${stuckSaga}/invoice/forward`
  provider = await identityProvider()
  const openId: Promise<Access> = oidcAccess({
    issuer: provider.issuer,
    audience: 'operations',
    roleOf: claims => claims['role'] as Role,
  })
  servers = { tokens: await serverOf(shop), OpenID: await serverOf(shop, await openId) }
})

afterAll(async () => {
  await Promise.all(Object.values(servers).map(server => server.close()))
  await shop.close()
  await provider.close()
})

/** What is asked of a route. */
const questions = (name: RouteName): Asked => questionsAbout({ sagaId: stuckSaga, letter: deadLetter })[name]

const names = Object.keys(routes) as RouteName[]

describe('the server has every route of the table, and no other', () => {
  test('under /operations', async () => {
    const app = Fastify()
    const served: string[] = []
    app.addHook('onRoute', ({ method, url }) => void served.push(`${method} ${url}`))
    await app.register(operationsRoutes, { services: [shop.orders], access: byRole })
    expect(served.sort()).toEqual(names.map(name => `${routes[name].method} /operations${routes[name].path}`).sort())
    await app.close()
  })

  test('and describes it: what it is asked, and what it answers', async () => {
    const { paths } = (await servers.tokens.inject('/openapi.json')).json()
    for (const name of names) {
      const { method, path, summary, role } = routes[name]
      const described = paths[`/operations${path.replace(':id', '{id}')}`]?.[method.toLowerCase()]
      expect(described, name).toMatchObject({ operationId: name, summary, description: `For ${role}s.` })
      expect(Object.keys(described.responses), name).toEqual(['200', '4XX', '5XX'])
      if (method === 'POST') expect(described.requestBody.content, name).toHaveProperty('application/json')
    }
  })

  test.each(['PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const)('and none for %s', async method => {
    const headers = { authorization: `Bearer ${tokens.admin}` }
    const answers = await Promise.all(
      names.map(name => servers.tokens.inject({ method, url: `/operations${routes[name].path}`, headers })),
    )
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(names.map(() => 404))
  })
})

describe.each(['tokens', 'OpenID'] as const)('by %s', means => {
  const strangers: { readonly [who: string]: () => Promise<string | undefined> } = {
    nobody: async () => undefined,
    'somebody with a forged token': async () =>
      means === 'tokens'
        ? `Bearer ${tokens.admin.slice(1)}b`
        : `Bearer ${await provider.token({ role: 'admin' }, { key: await newKey('key-1') })}`,
    'somebody whose token has expired': async () =>
      means === 'tokens'
        ? `Bearer ${'e'.repeat(40)}`
        : `Bearer ${await provider.token({ role: 'admin', exp: Math.floor(Date.now() / 1_000) - 60 })}`,
  }

  const bearerOf = async (role: Role) =>
    `Bearer ${means === 'tokens' ? tokens[role] : await provider.token({ role, sub: `the ${role}` })}`

  describe.each(names)('%s', name => {
    const { role: needed, method, path } = routes[name]

    test.each(Object.keys(strangers))('is not for %s', async who => {
      const answer = await ask(servers[means], name, questions(name), await strangers[who]!())
      expect(answer.statusCode, answer.body).toBe(401)
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="operations"/)
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    })

    test.each(roles.filter(role => !mayAct(role, needed)))('is not for a %s', async role => {
      const answer = await ask(servers[means], name, questions(name), await bearerOf(role))
      expect(answer.statusCode, answer.body).toBe(403)
      expect(answer.json()).toMatchObject({
        status: 403,
        detail: `${method} ${path} needs the role ${needed}; the ${role} is ${role}.`,
      })
    })

    test.each(roles.filter(role => mayAct(role, needed)))('is for a %s', async role => {
      const authorization = await bearerOf(role)
      const status = await (name === 'changes'
        ? streamStatus(servers[means], authorization)
        : answerStatus(authorization))
      expect(status).toBe(200)
    })

    async function answerStatus(authorization: string): Promise<number> {
      const answer = await ask(servers[means], name, questions(name), authorization)
      expect(answer.headers, answer.body).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
      return answer.statusCode
    }
  })
})

test('who may not ask is refused before anything of what they ask is read', async () => {
  const answer = await servers.tokens.inject({
    method: 'POST',
    url: '/operations/sagas/actions',
    headers: { 'content-type': 'application/json' },
    payload: '{'.repeat(2_000_000),
  })
  expect(answer.statusCode).toBe(401)
})

describe('in a request about many, each is judged by itself', () => {
  const actions: readonly ActOnSagas['action'][] = [
    { kind: 'retry' },
    { kind: 'compensate' },
    { kind: 'skip', step: 'invoice' },
    { kind: 'resolve', step: 'invoice', reply: null },
    { kind: 'abandon' },
  ]
  const letterActions: { readonly [Kind in 'redrive' | 'edit' | 'discard']: ActOnDeadLetters['action'] } = {
    redrive: { kind: 'redrive' },
    edit: { kind: 'redrive', payload: { orderId: 'stuck-1', email: 'ann@example.com' } },
    discard: { kind: 'discard' },
  }

  test('every action there is has its turn here', () => {
    const kinds = [...actions.map(({ kind }) => kind), ...Object.keys(letterActions)]
    expect(kinds.sort()).toEqual(Object.keys(rolesOfActions).sort())
  })

  const cases = actions.flatMap(action => roles.map(role => [action.kind, role, action] as const))

  test.each(cases)('%s by a %s', async (kind, role, action) => {
    const items = [
      { id: stuckSaga },
      { id: stuckSaga, revision: '0000000000000000' },
      { id: completedSaga },
      { id: '019aa111-2222-7333-8444-555566667777' },
    ]
    const answer = await ask(
      servers.tokens,
      'actOnSagas',
      { body: sagaAction(action, items) },
      `Bearer ${tokens[role]}`,
    )
    if (role === 'reader') return expect(answer.statusCode).toBe(403)
    const outcomes = answer.json().results.map(({ outcome }: { outcome: string }) => outcome)
    if (!mayAct(role, rolesOfActions[kind])) return expect(outcomes).toEqual(items.map(() => 'forbidden'))
    // Past its pivot a saga only goes forward; one that has ended goes nowhere.
    const first = kind === 'compensate' ? 'refused' : 'would be done'
    expect(outcomes).toEqual([first, 'outdated', 'refused', 'unknown'])
  })

  const letterCases = (Object.keys(letterActions) as (keyof typeof letterActions)[]).flatMap(kind =>
    roles.map(role => [kind, role] as const),
  )

  test.each(letterCases)('%s by a %s', async (kind, role) => {
    const identities = [deadLetter, `${completedSaga}/invoice/forward`, 'none-of-these/invoice/forward']
    const given = kind === 'edit' ? [deadLetter] : identities
    const body = letterAction(letterActions[kind], given)
    const answer = await ask(servers.tokens, 'actOnDeadLetters', { body }, `Bearer ${tokens[role]}`)
    if (role === 'reader') return expect(answer.statusCode).toBe(403)
    const outcomes = answer.json().results.map(({ outcome }: { outcome: string }) => outcome)
    const allowed = ['would be done', 'refused', 'unknown'].slice(0, given.length)
    expect(outcomes).toEqual(mayAct(role, rolesOfActions[kind as ActionKind]) ? allowed : given.map(() => 'forbidden'))
  })

  test.each(roles)('behind the masks a %s looks only as an admin', async role => {
    for (const [name, asked] of [
      ['saga', questions('saga')],
      ['messages', questions('messages')],
      ['deadLetters', { query: { identity: deadLetter } }],
      ['parked', { query: { identity: 'any' } }],
    ] as const) {
      const query = { ...asked.query, reveal: 'true', reason: 'the customer asks what we know' }
      const answer = await ask(servers.tokens, name, { ...asked, query }, `Bearer ${tokens[role]}`)
      expect(answer.statusCode, `${name}: ${answer.body}`).toBe(role === 'admin' ? 200 : 403)
    }
  })
})

/** A stream does not end: as soon as its head is here it is left. */
async function streamStatus(server: FastifyInstance, authorization: string): Promise<number> {
  if (!server.server.listening) await server.listen({ host: '127.0.0.1', port: 0 })
  const leaving = new AbortController()
  const url = `${server.listeningOrigin}/operations${routes.changes.path}`
  const { status } = await fetch(url, { headers: { authorization }, signal: leaving.signal })
  leaving.abort()
  return status
}
