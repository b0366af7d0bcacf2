import fastify from 'fastify'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** An OpenID provider on this machine, where one person is signed in already. */
export interface OpenIdProvider {
  readonly issuer: string
  /** What it gave tokens for, in order. */
  readonly grants: readonly string[]
  /** How long its tokens last, in seconds. */
  lastsS: number
  /** Whether it still gives new ones for old ones. */
  renews: boolean
  /** What a browser that was sent there comes back with. */
  comesBack(sentTo: string): string
  close(): Promise<void>
}

export async function openProvider(audience: string): Promise<OpenIdProvider> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const app = fastify()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  const grants: string[] = []
  let nonce: string | null = null
  const state = { lastsS: 3_600, renews: true }

  app.get('/.well-known/openid-configuration', () => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  }))
  app.get('/keys', async () => ({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }] }))
  app.post<{ Body: { grant_type: string; code_verifier?: string } }>('/token', async ({ body }, reply) => {
    if (body.grant_type === 'refresh_token' && !state.renews) return reply.code(400).send({ error: 'invalid_grant' })
    grants.push(body.grant_type)
    return {
      token_type: 'bearer',
      expires_in: state.lastsS,
      access_token: await signed({ aud: audience, number: grants.length }),
      refresh_token: `refresh-${grants.length}`,
      ...(body.grant_type === 'authorization_code' ? { id_token: await signed({ aud: 'console', nonce }) } : {}),
    }
  })
  const issuer = await app.listen({ host: '127.0.0.1', port: 0 })

  function signed(claims: object): Promise<string> {
    const now = Math.floor(Date.now() / 1_000)
    return new SignJWT({ iss: issuer, sub: 'ines', iat: now, exp: now + state.lastsS, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .sign(privateKey)
  }

  return Object.assign(state, {
    issuer,
    grants,
    comesBack: (sentTo: string) => {
      const asked = new URL(sentTo).searchParams
      nonce = asked.get('nonce')
      return `/console/api/oidc/end?${new URLSearchParams({ code: 'c', state: asked.get('state')! })}`
    },
    close: () => app.close(),
  })
}
