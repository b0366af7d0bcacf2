import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as openid from 'openid-client'
import { SessionCookie } from './cookies.ts'
import type { OidcSignIn, Settings } from './options.ts'
import { ConsoleProblem } from './problem.ts'
import type { Credential } from './session.ts'

type OidcSettings = Settings & { readonly signIn: OidcSignIn }

/** A way to the provider that somebody has begun and not ended. */
interface Begun {
  readonly verifier: string
  readonly nonce: string
  /** Where they wanted to go. */
  readonly to: string
  readonly endsAt: number
}

const begunMax = 1_000
const begunMs = 10 * 60_000

/** Ties a way to the browser that began it. */
const cookieOfBegun = 'makegood-console-oidc'

/** To an OpenID provider and back: the code flow with a proof of who began it (PKCE). */
export function serveOidc(
  app: FastifyInstance,
  settings: OidcSettings,
  config: FastifyContextConfig,
  signedIn: (credential: Credential, request: FastifyRequest, reply: FastifyReply) => Promise<void>,
): void {
  const provider = new Provider(settings)
  const cookie = new SessionCookie(settings)
  const begun = new Map<string, Begun>()
  const navigated = { ...config, isNavigated: true }

  // A browser comes back from another site, with what a strict cookie would be kept from.
  const attributes = (request: FastifyRequest) => ({ ...cookie.attributes(request), sameSite: 'lax' as const })

  app.get<{ Querystring: { to?: string } }>('/oidc/begin', { config: navigated }, async (request, reply) => {
    const state = openid.randomState()
    const one = {
      verifier: openid.randomPKCECodeVerifier(),
      nonce: openid.randomNonce(),
      to: ownAddress(request.query.to),
      endsAt: Date.now() + begunMs,
    }
    const url = await provider.begin(state, one)
    begun.set(state, one)
    for (const oldest of begun.keys()) {
      if (begun.size <= begunMax) break
      begun.delete(oldest)
    }
    reply.setCookie(cookieOfBegun, state, { ...attributes(request), maxAge: begunMs / 1_000 })
    return reply.redirect(url.href)
  })

  app.get<{ Querystring: { state?: string } }>('/oidc/end', { config: navigated }, async (request, reply) => {
    const { state = '' } = request.query
    const one = request.cookies[cookieOfBegun] === state ? begun.get(state) : undefined
    begun.delete(state)
    reply.clearCookie(cookieOfBegun, attributes(request))
    if (one === undefined || one.endsAt <= Date.now()) return reply.redirect('/console/?sign-in=late')
    try {
      await signedIn(await provider.end(request.url, state, one), request, reply)
      return reply.redirect(one.to)
    } catch (error) {
      request.log.warn(error, 'somebody could not sign in')
      const isRefused = error instanceof ConsoleProblem && error.status === 401
      return reply.redirect(`/console/?sign-in=${isRefused ? 'refused' : 'failed'}`)
    }
  })
}

/** Nobody is sent to another site by a link to this one. */
function ownAddress(to: string | undefined): string {
  return to !== undefined && /^\/console(\/(?!\/)|$)/.test(to) ? to : '/console/'
}

class Provider {
  readonly #signIn: OidcSignIn
  readonly #publicUrl: URL
  #configuration: Promise<openid.Configuration> | undefined

  constructor({ signIn, publicUrl }: OidcSettings) {
    this.#signIn = signIn
    this.#publicUrl = publicUrl!
  }

  async begin(state: string, { verifier, nonce }: Begun): Promise<URL> {
    const { audience, scope = 'openid profile email offline_access' } = this.#signIn
    return openid.buildAuthorizationUrl(await this.#discovered(), {
      redirect_uri: new URL('/console/api/oidc/end', this.#publicUrl).href,
      scope,
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(audience === undefined ? {} : { audience }),
    })
  }

  async end(url: string, state: string, { verifier, nonce }: Begun): Promise<Credential> {
    const tokens = await openid.authorizationCodeGrant(await this.#discovered(), new URL(url, this.#publicUrl), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    })
    return this.#credentialOf(tokens)
  }

  #credentialOf(tokens: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers): Credential {
    const { access_token: token, refresh_token: refresh } = tokens
    const lastsS = tokens.expiresIn()
    return {
      token,
      ...(lastsS === undefined ? {} : { endsAt: Date.now() + lastsS * 1_000 }),
      ...(refresh === undefined ? {} : { renew: () => this.#renew(refresh) }),
    }
  }

  async #renew(refresh: string): Promise<Credential> {
    const tokens = await openid.refreshTokenGrant(await this.#discovered(), refresh)
    // A provider that gives no new one goes on taking the old one.
    return this.#credentialOf(Object.assign(tokens, { refresh_token: tokens.refresh_token ?? refresh }))
  }

  /** Asked when the first person comes, and again if it did not answer. */
  #discovered(): Promise<openid.Configuration> {
    const { issuer, clientId, clientSecret } = this.#signIn
    // On this machine, for trying it; anywhere else the provider has to be under https.
    const execute = /^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(issuer) ? [openid.allowInsecureRequests] : []
    const authentication = clientSecret === undefined ? openid.None() : openid.ClientSecretPost(clientSecret)
    this.#configuration ??= openid.discovery(new URL(issuer), clientId, undefined, authentication, { execute })
    this.#configuration.catch(() => {
      this.#configuration = undefined
    })
    return this.#configuration
  }
}
