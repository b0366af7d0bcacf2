import { exportSPKI, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Access } from '../../src/operations/access.ts'
import { oidcAccess, type Role } from '../../src/operations/index.ts'
import { type IdentityProvider, identityProvider, newKey } from './identity-provider.ts'

let provider: IdentityProvider
let access: Access

beforeAll(async () => {
  provider = await identityProvider()
  access = await accessTo(provider)
})
afterAll(() => provider.close())

function accessTo({ issuer }: IdentityProvider): Promise<Access> {
  return oidcAccess({ issuer, audience: 'operations', roleOf: claims => claims['role'] as Role | undefined })
}

const admit = async (token: string, to = access) =>
  to.admit({ headers: { authorization: `Bearer ${token}` }, ip: '10.0.0.7' })

const now = () => Math.floor(Date.now() / 1_000)

test('a token of the issuer says who it is, what they may do, and until when', async () => {
  const exp = now() + 60
  const token = await provider.token({ role: 'operator', preferred_username: 'ann', exp })
  expect(await admit(token)).toEqual({ caller: { name: 'ann (u-7)', role: 'operator' }, until: (exp + 30) * 1_000 })
})

test.each<[what: string, claims: object, name: string]>([
  ['an address', { email: 'ann@example.com' }, 'ann@example.com (u-7)'],
  ['nothing but its subject', {}, 'u-7'],
  ['a name that would break a line', { preferred_username: 'ann\nbob' }, 'u-7'],
])('one with %s is called by it', async (_what, claims, name) => {
  const { caller } = await admit(await provider.token({ ...claims, role: 'reader' }))
  expect(caller.name).toBe(name)
})

test('keys are asked for once, however many tokens come', async () => {
  const other = await identityProvider()
  const its = await accessTo(other)
  const token = await other.token({ role: 'reader' })
  await Promise.all(Array.from({ length: 20 }, () => admit(token, its)))
  expect(other.asked).toEqual(['/.well-known/openid-configuration', '/keys'])
  await other.close()
})

test('a key that the issuer has not published yet is looked for once, and not by every forged token', async () => {
  const forged = await provider.token({ role: 'admin' }, { key: await newKey('key-of-another') })
  const before = provider.asked.length
  for (let times = 0; times < 10; times++) {
    await expect(admit(forged)).rejects.toThrow('names no key that its issuer publishes')
  }
  expect(provider.asked.length - before).toBeLessThanOrEqual(1)
})

describe('refused with 401 and the reason is', () => {
  const sign = (claims: object) => () => provider.token({ role: 'admin', ...claims })

  test.each<[what: string, token: () => Promise<string> | string, says: string]>([
    ['one that has expired', sign({ exp: now() - 60 }), 'The token has expired.'],
    ['one without an end', sign({ exp: undefined }), 'The token has no exp that is good here.'],
    ['one without a subject', sign({ sub: undefined }), 'The token has no sub that is good here.'],
    ['one that is not valid yet', sign({ nbf: now() + 600 }), 'The token is not valid yet.'],
    ['one for another audience', sign({ aud: 'shop' }), 'The token is for another audience.'],
    ['one for nobody', sign({ aud: undefined }), 'The token is for another audience.'],
    ['one of another issuer', sign({ iss: 'https://id.example.com' }), 'The token is of another issuer.'],
    ['one that was changed', changed, "The token's signature is not its issuer's."],
    ['one with the right key’s name and another key', forged, "The token's signature is not its issuer's."],
    ['one that is not signed', unsigned, 'The token is no JWT that is signed with a key of its issuer.'],
    [
      'one that is signed with the public key as a secret',
      confused,
      'is no JWT that is signed with a key of its issuer',
    ],
    ['what is no token', () => 'x'.repeat(40), 'The token is no JWT that is signed with a key of its issuer.'],
  ])('%s', async (_what, token, says) => {
    await expect(admit(await token())).rejects.toMatchObject({
      statusCode: 401,
      message: expect.stringContaining(says),
      headers: { 'WWW-Authenticate': expect.stringMatching(/^Bearer realm="operations", error="invalid_token"/) },
    })
  })

  async function changed(): Promise<string> {
    const [head, body, signature] = (await provider.token({ role: 'reader' })).split('.')
    const claims = JSON.parse(Buffer.from(body!, 'base64url').toString())
    return [head, Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url'), signature].join('.')
  }

  async function forged(): Promise<string> {
    return provider.token({ role: 'admin' }, { key: await newKey('key-1') })
  }

  function unsigned(): string {
    const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url')
    const claims = { iss: provider.issuer, aud: 'operations', sub: 'u-7', role: 'admin', exp: now() + 3_600 }
    return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`
  }

  /** Whoever takes what the token names as its algorithm would check it with a key that everybody has. */
  async function confused(): Promise<string> {
    const { publicKey } = await newKey('key-1')
    return new SignJWT({ role: 'admin', sub: 'u-7' })
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
      .setIssuer(provider.issuer)
      .setAudience('operations')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(await exportSPKI(publicKey)))
  }
})

test('a token that gives no role is refused with 403', async () => {
  for (const role of [undefined, 'root']) {
    await expect(admit(await provider.token({ role }))).rejects.toMatchObject({
      statusCode: 403,
      message: 'The token gives u-7 no role here.',
    })
  }
})

describe('while the issuer', () => {
  const away = async (its: IdentityProvider) => {
    const token = await its.token({ role: 'reader' })
    const access = await accessTo(its)
    return { token, access }
  }

  test('is away, it cannot be told who asks: 503, and it is asked again the next time', async () => {
    const its = await identityProvider()
    const { token, access } = await away(its)
    its.saysOfItself = { jwks_uri: 'http://127.0.0.1:1/keys' }
    await expect(admit(token, access)).rejects.toMatchObject({
      statusCode: 503,
      message: expect.stringContaining(`the keys of ${its.issuer} are away`),
      headers: { 'Retry-After': '5' },
    })
    await its.close()
  })

  test.each([
    [
      'says that it is somebody else',
      { issuer: 'https://id.example.com' },
      'is of the issuer "https://id.example.com"',
    ],
    [
      'publishes its keys where anybody could change them',
      { jwks_uri: 'http://id.example.com/keys' },
      'no place for its keys that is safe',
    ],
    ['names no place for its keys', { jwks_uri: undefined }, 'no place for its keys that is safe'],
  ])('%s, nobody is let in', async (_what, saysOfItself, says) => {
    const its = await identityProvider()
    const { token, access } = await away(its)
    its.saysOfItself = saysOfItself
    await expect(admit(token, access)).rejects.toMatchObject({
      statusCode: 503,
      message: expect.stringContaining(says),
    })
    its.saysOfItself = {}
    expect(await admit(token, access)).toMatchObject({ caller: { role: 'reader' } })
    await its.close()
  })
})

test.each([
  [{ issuer: 'http://id.example.com', audience: 'operations' }, 'issuer is not an address under https'],
  [{ issuer: 'id', audience: 'operations' }, 'issuer is not an address under https: "id"'],
  [{ issuer: 'https://id.example.com', audience: '' }, 'audience is empty'],
])('%j is refused', async (options, says) => {
  await expect(oidcAccess({ ...options, roleOf: () => 'admin' })).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining(says),
  })
})
