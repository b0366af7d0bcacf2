import { describe, expect, test } from 'vitest'
import { type Access, openAccess, type Token, tokenAccess } from '../../src/operations/index.ts'

const secret = (letter: string) => letter.repeat(40)
const tokens: readonly Token[] = [
  { name: 'ann', role: 'operator', token: secret('a') },
  { name: 'grafana', role: 'reader', token: secret('g') },
]

async function admit(access: Access, authorization?: string | string[]) {
  return access.admit({ headers: { authorization }, ip: '10.0.0.7' })
}

describe('by token', () => {
  test('whoever has it is who it names', async () => {
    const access = tokenAccess(tokens)
    expect(await admit(access, `Bearer ${secret('a')}`)).toMatchObject({ caller: { name: 'ann', role: 'operator' } })
    expect(await admit(access, `bearer  ${secret('g')} `)).toMatchObject({
      caller: { name: 'grafana', role: 'reader' },
    })
  })

  test('nobody is let in without one, and is told what to send', async () => {
    await expect(admit(tokenAccess(tokens))).rejects.toMatchObject({
      statusCode: 401,
      message: 'Operations ask who you are: send a token, as Authorization: Bearer.',
      headers: { 'WWW-Authenticate': 'Bearer realm="operations"' },
    })
  })

  test.each([
    ['one that nobody has', `Bearer ${secret('b')}`],
    ['the beginning of one', `Bearer ${secret('a').slice(1)}`],
    ['one with something after it', `Bearer ${secret('a')}a`],
    ['one in other letters', `Bearer ${secret('A')}`],
    ['an empty one', 'Bearer '],
    ['a name and a password', `Basic ${btoa('ann:secret')}`],
    ['the token alone', secret('a')],
    ['two', [`Bearer ${secret('a')}`, `Bearer ${secret('b')}`]],
    ['a very long one', `Bearer ${'x'.repeat(100_000)}`],
    ['one beyond ASCII', 'Bearer größe'],
  ])('%s is refused', async (_what, authorization) => {
    await expect(admit(tokenAccess(tokens), authorization)).rejects.toMatchObject({
      statusCode: 401,
      headers: { 'WWW-Authenticate': expect.stringContaining('error="invalid_token"') },
    })
  })

  test.each<[says: string, tokens: readonly Token[]]>([
    ['it names nobody', []],
    ['token 1 has no name', [{ name: '', role: 'reader', token: secret('a') }]],
    ['token 1 has no name', [{ name: 'an\nn', role: 'reader', token: secret('a') }]],
    [
      'the token of ann has a role that there is not: there are reader, operator, admin',
      [{ name: 'ann', role: 'root' as 'admin', token: secret('a') }],
    ],
    ['the token of ann is not 32 to 1 024 visible characters', [{ name: 'ann', role: 'admin', token: 'short' }]],
    [
      'the token of ann is not 32 to 1 024 visible characters',
      [{ name: 'ann', role: 'admin', token: `${secret('a')} b` }],
    ],
    ["the token of bob is another's too", [...tokens, { name: 'bob', role: 'admin', token: secret('a') }]],
  ])('%s: refused at once, and without saying the token', (says, given) => {
    let error: Error | undefined
    try {
      tokenAccess(given)
    } catch (thrown) {
      error = thrown as Error
    }
    expect(error).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining(says) })
    for (const { token } of given) expect(error?.message).not.toContain(token)
  })
})

describe('open', () => {
  const ask = async (ip: string, host?: string) => openAccess().admit({ headers: { host }, ip })

  test.each([
    ['127.0.0.1', 'localhost:8006'],
    ['::1', '[::1]:8006'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', 'shop.localhost:80'],
  ])('%s asks %s, and is an admin whom the audit calls embedded', async (ip, host) => {
    expect(await ask(ip, host)).toEqual({ caller: { name: 'embedded', role: 'admin' } })
  })

  test.each([
    ['10.0.0.7', 'localhost:8006'],
    ['203.0.113.9', '203.0.113.1'],
    ['127.0.0.1', 'shop.example.com'],
    ['127.0.0.1', 'localhost.example.com'],
    ['127.0.0.1', 'localhost:8006@example.com'],
    ['127.0.0.1', undefined],
  ])('%s that asks %s is refused: it may be anybody, or a page of anybody', async (ip, host) => {
    await expect(ask(ip, host)).rejects.toMatchObject({ statusCode: 403 })
  })
})
