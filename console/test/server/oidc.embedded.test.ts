import type { FastifyInstance } from 'fastify'
import { oidcAccess } from 'makegood/operations'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { consoleServer } from '../../server/index.ts'
import { type OpenIdProvider, openProvider } from './openid-provider.ts'
import { type Operated, openOperated } from './operated.ts'

const ours = { 'x-makegood-console': '1' }
const publicUrl = 'http://localhost:4400'

let provider: OpenIdProvider
let greeter: Operated
let roleOf: () => 'operator' | undefined
let app: FastifyInstance
beforeAll(async () => {
  provider = await openProvider('operations')
  greeter = await openOperated(oidcAccess({ issuer: provider.issuer, audience: 'operations', roleOf: () => roleOf() }))
})
beforeEach(async () => {
  roleOf = () => 'operator'
  Object.assign(provider, { lastsS: 3_600, renews: true })
  app = await consoleServer({
    services: [greeter.url],
    publicUrl,
    signIn: { issuer: provider.issuer, clientId: 'console', audience: 'operations' },
  })
})
afterEach(async () => {
  vi.useRealTimers()
  await app.close()
})
afterAll(async () => {
  await greeter?.close()
  await provider?.close()
})

/** The cookies of a browser that has gone a way, and where it was sent. */
async function go(url: string, cookies: { readonly [name: string]: string } = {}) {
  const answer = await app.inject({ method: 'GET', url, cookies: { ...cookies } })
  const given = Object.fromEntries(answer.cookies.map(({ name, value }) => [name, value]))
  return { status: answer.statusCode, to: String(answer.headers.location), cookies: { ...cookies, ...given }, answer }
}

async function session(cookies: { readonly [name: string]: string }): Promise<unknown> {
  const answer = await app.inject({
    method: 'GET',
    url: '/console/api/session',
    headers: ours,
    cookies: { ...cookies },
  })
  return answer.json()
}

async function signIn(to = '/console/sagas?status=stuck') {
  const begun = await go(`/console/api/oidc/begin?to=${encodeURIComponent(to)}`)
  return go(provider.comesBack(begun.to), begun.cookies)
}

test('somebody goes to the provider and comes back to where they wanted to go, as whom the services know them', async () => {
  const begun = await go('/console/api/oidc/begin?to=%2Fconsole%2Fsagas')
  const asked = new URL(begun.to).searchParams
  expect(Object.fromEntries(asked)).toMatchObject({
    client_id: 'console',
    response_type: 'code',
    redirect_uri: `${publicUrl}/console/api/oidc/end`,
    code_challenge_method: 'S256',
    audience: 'operations',
  })
  const { to, cookies, answer } = await go(provider.comesBack(begun.to), begun.cookies)
  expect(to).toBe('/console/sagas')
  expect(answer.cookies.find(({ name }) => name === 'makegood-console')).toMatchObject({
    httpOnly: true,
    sameSite: 'Strict',
  })
  expect(await session(cookies)).toMatchObject({ caller: { name: 'ines', role: 'operator' }, signIn: ['oidc'] })
})

test('nobody is sent to another site afterwards', async () => {
  for (const to of ['https://evil.example.org/', '//evil.example.org', '/console//evil.example.org', '/elsewhere']) {
    expect((await signIn(to)).to).toBe('/console/')
  }
})

test('a way that another browser began, or that has been gone already, leads to the beginning', async () => {
  const begun = await go('/console/api/oidc/begin')
  const back = provider.comesBack(begun.to)
  expect((await go(back)).to).toBe('/console/?sign-in=late')
  const again = await go('/console/api/oidc/begin')
  const once = provider.comesBack(again.to)
  await go(once, again.cookies)
  expect((await go(once, again.cookies)).to).toBe('/console/?sign-in=late')
})

test('whom no service lets in is told so, and is not signed in', async () => {
  roleOf = () => undefined
  const { to, cookies } = await signIn()
  expect(to).toBe('/console/?sign-in=refused')
  expect(await session(cookies)).toMatchObject({ caller: null })
})

test('a token that ends is replaced while somebody looks, once for all that they ask at a time', async () => {
  provider.lastsS = 60
  const { cookies } = await signIn()
  const before = provider.grants.length
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40_000 })
  const sessions = await Promise.all([session(cookies), session(cookies), session(cookies)])
  for (const each of sessions) expect(each).toMatchObject({ caller: { name: 'ines' } })
  expect(provider.grants.slice(before)).toEqual(['refresh_token'])
})

test('where the provider gives no new token somebody signs in again', async () => {
  provider.lastsS = 60
  const { cookies } = await signIn()
  provider.renews = false
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40_000 })
  expect(await session(cookies)).toMatchObject({ caller: null, signIn: ['oidc'] })
})

test('there is no other way in: a token is not asked for', async () => {
  const answer = await app.inject({
    method: 'POST',
    url: '/console/api/session',
    headers: ours,
    payload: { token: 'x'.repeat(40) },
  })
  expect(answer.statusCode).toBe(404)
})
