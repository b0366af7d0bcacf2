import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { accessTo } from '../access.ts'
import { Environment, Trouble } from '../environment.ts'
import type { Variables } from './started.ts'

const secret = 'a-token-of-at-least-32-characters'
const another = 'another-token-of-more-than-32-characters'

const onServers = (variables: Variables) => accessTo(new Environment(variables), { isLocal: false })

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, ip: '10.0.0.7' })

test('of what this machine alone can reach, whoever sits in front of it may do everything', async () => {
  const access = await accessTo(new Environment({}), { isLocal: true })
  expect(await access!.admit({ headers: { host: 'localhost:8001' }, ip: '127.0.0.1' })).toEqual({
    caller: { name: 'embedded', role: 'admin' },
  })
})

describe('of what others can reach', () => {
  test.each([[{}], [{ OPERATIONS: '' }], [{ OPERATIONS: 'off', OPERATIONS_TOKENS: `ada:reader:${secret}` }]])(
    'nobody may, with %o',
    async variables => {
      expect(await onServers(variables)).toBeUndefined()
    },
  )

  test('who is named by a token has the role that it gives', async () => {
    const access = await onServers({
      OPERATIONS: 'on',
      OPERATIONS_TOKENS: `ada:reader:${secret}, grace hopper:admin:${another}`,
    })
    expect(await access!.admit(bearer(secret))).toMatchObject({ caller: { name: 'ada', role: 'reader' } })
    expect(await access!.admit(bearer(another))).toMatchObject({ caller: { name: 'grace hopper', role: 'admin' } })
    await expect(async () => access!.admit(bearer('somebody-else-with-32-characters!'))).rejects.toThrow()
  })

  test('tokens may be in a file, a line each', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'access-'))
    const file = join(folder, 'tokens')
    await writeFile(file, `ada:operator:${secret}\ngrace:admin:${another}\n`)
    const access = await onServers({ OPERATIONS: 'on', OPERATIONS_TOKENS_FILE: file })
    expect(await access!.admit(bearer(another))).toMatchObject({ caller: { name: 'grace', role: 'admin' } })
    await rm(folder, { recursive: true })
  })

  test('an issuer of OpenID may say who they are', async () => {
    const access = await onServers({
      OPERATIONS: 'on',
      OPERATIONS_OIDC_ISSUER: 'https://id.example.org',
      OPERATIONS_OIDC_AUDIENCE: 'operations',
    })
    await expect(async () => access!.admit(bearer(secret))).rejects.toThrow('no JWT')
  })

  describe('what cannot be used is refused by name', () => {
    const missing =
      'OPERATIONS is on, and nobody is named who may ask: set OPERATIONS_TOKENS (name:role:token, with commas between several), OPERATIONS_TOKENS_FILE, or OPERATIONS_OIDC_ISSUER and OPERATIONS_OIDC_AUDIENCE.'

    test.each<[string, Variables, string]>([
      ['a word that is neither', { OPERATIONS: 'yes' }, 'OPERATIONS cannot be used: it must be on or off.'],
      ['nobody', { OPERATIONS: 'on' }, missing],
      [
        'two ways at once',
        {
          OPERATIONS: 'on',
          OPERATIONS_TOKENS: `ada:reader:${secret}`,
          OPERATIONS_OIDC_ISSUER: 'https://id.example.org',
        },
        'OPERATIONS_TOKENS and OPERATIONS_OIDC_ISSUER are set: operators show who they are in one way.',
      ],
      [
        'a token alone',
        { OPERATIONS: 'on', OPERATIONS_TOKENS: `ada:reader:${another},${secret}` },
        'OPERATIONS_TOKENS cannot be used: entry 2 is not of the form name:role:token.',
      ],
      [
        'no entry at all',
        { OPERATIONS: 'on', OPERATIONS_TOKENS: ' , ' },
        'OPERATIONS_TOKENS cannot be used: it names nobody: give it one token at least.',
      ],
      [
        'a role that there is not',
        { OPERATIONS: 'on', OPERATIONS_TOKENS: `ada:owner:${secret}` },
        'OPERATIONS_TOKENS cannot be used: the token of entry 1 has a role that there is not: there are reader, operator, admin.',
      ],
      [
        'a token that can be guessed',
        { OPERATIONS: 'on', OPERATIONS_TOKENS: 'ada:reader:short-secret' },
        'OPERATIONS_TOKENS cannot be used: the token of entry 1 is not 32 to 1 024 visible characters of ASCII.',
      ],
      [
        'an entry the wrong way round',
        { OPERATIONS: 'on', OPERATIONS_TOKENS: `${secret}:reader:ada` },
        'OPERATIONS_TOKENS cannot be used: the token of entry 1 is not 32 to 1 024 visible characters of ASCII.',
      ],
      [
        'a token that two have',
        { OPERATIONS: 'on', OPERATIONS_TOKENS: `ada:reader:${secret},grace:admin:${secret}` },
        "OPERATIONS_TOKENS cannot be used: the token of entry 2 is another's too.",
      ],
      [
        'a file that is not there',
        { OPERATIONS: 'on', OPERATIONS_TOKENS_FILE: '/nowhere/tokens' },
        "OPERATIONS_TOKENS_FILE cannot be used: ENOENT: no such file or directory, open '/nowhere/tokens'.",
      ],
      [
        'an issuer for nobody in particular',
        { OPERATIONS: 'on', OPERATIONS_OIDC_ISSUER: 'https://id.example.org' },
        'OPERATIONS_OIDC_ISSUER is set, and OPERATIONS_OIDC_AUDIENCE is not: set it too.',
      ],
      [
        'an issuer that anybody could be',
        { OPERATIONS: 'on', OPERATIONS_OIDC_ISSUER: 'http://id.example.org', OPERATIONS_OIDC_AUDIENCE: 'operations' },
        'OPERATIONS_OIDC_ISSUER cannot be used: issuer is not an address under https: "http://id.example.org".',
      ],
    ])('%s', async (_what, variables, says) => {
      const trouble = await onServers(variables).catch((error: unknown) => error)
      expect(trouble).toBeInstanceOf(Trouble)
      expect((trouble as Trouble).message).toBe(says)
      expect(says).not.toMatch(/secret|token-of/)
    })
  })
})
