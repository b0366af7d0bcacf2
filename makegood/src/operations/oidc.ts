import type { JWTPayload, JWTVerifyGetKey, RemoteJWKSet } from 'jose'
import { RequestRefused } from '../adapters/fastify/problem.ts'
import { MakegoodError, textOf } from '../model/errors.ts'
import { type Access, bearerIn, isCallerName, unauthenticated } from './access.ts'
import { type Role, roles } from './contract.ts'

export interface OidcOptions {
  /** Who makes the tokens, as their `iss` says; what it publishes says where its keys are. */
  readonly issuer: string
  /** For whom: what `aud` of a token has to name. */
  readonly audience: string
  /** What the token's bearer may do here, by its claims; undefined for nothing at all. */
  readonly roleOf: (claims: JWTPayload) => Role | undefined
  /** What the audit calls them. @defaultValue `preferred_username` or `email` with `sub` after it, or `sub` alone */
  readonly nameOf?: (claims: JWTPayload) => string
}

/**
 * Whoever has an access token of an OpenID provider: a JWT that is signed with one of its keys, for this audience, and
 * not expired. Keys are fetched when the first token comes, kept for ten minutes, and fetched anew for a key that is not
 * among them, every half minute at the most. While they cannot be had the answer is 503.
 *
 * Needs `jose`.
 *
 * @throws MakegoodError `OPTION_INVALID` for an issuer that is no address, or not under https
 */
export async function oidcAccess({ issuer, audience, roleOf, nameOf = nameIn }: OidcOptions): Promise<Access> {
  checkAddress('issuer', issuer)
  if (audience === '') throw invalid('audience is empty: any token of the issuer would do')
  // Imported here because whoever needs no OpenID need not install it.
  const { jwtVerify, createRemoteJWKSet } = await import('jose')

  let found: Promise<RemoteJWKSet> | undefined
  const keys = (): Promise<RemoteJWKSet> => {
    found ??= keysUriOf(issuer).then(uri => createRemoteJWKSet(new URL(uri), { timeoutDuration: timeoutMs }))
    found.catch(() => {
      found = undefined
    })
    return found
  }

  const claimsIn = async (token: string): Promise<JWTPayload> => {
    try {
      const options = { issuer, audience, algorithms, clockTolerance: clockToleranceS, requiredClaims: ['exp', 'sub'] }
      // The keys are asked for only once the token looks like one: a forged one should cost the issuer nothing.
      const key: JWTVerifyGetKey = async (header, jws) => (await keys())(header, jws)
      return (await jwtVerify(token, key, options)).payload
    } catch (error) {
      throw refusalOf(error, issuer)
    }
  }

  return {
    async admit({ headers }) {
      const claims = await claimsIn(bearerIn(headers))
      const name = nameOf(claims)
      if (!isCallerName(name))
        throw unauthenticated('The token does not say whose it is in words that an audit can keep.')
      const role = roleOf(claims)
      if (role === undefined || !roles.includes(role))
        throw new RequestRefused(403, `The token gives ${name} no role here.`)
      return { caller: { name, role }, until: (claims.exp! + clockToleranceS) * 1_000 }
    },
  }
}

/** None that anybody could compute who knows the public key. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** By how much clocks may differ. */
const clockToleranceS = 30
const timeoutMs = 5_000

/** Where an issuer publishes its keys. @throws if it does not say so, or says that it is somebody else */
async function keysUriOf(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
  const { issuer: itself, jwks_uri: uri } = (await answer.json()) as { readonly [name: string]: unknown }
  if (itself !== issuer) throw new Error(`${url} is of the issuer ${JSON.stringify(itself)}`)
  if (typeof uri !== 'string' || !isSafe(uri)) throw new Error(`${url} names no place for its keys that is safe`)
  return uri
}

/** Whatever is wrong with a token is its bearer's; what is wrong on the way to the keys is not. */
function refusalOf(error: unknown, issuer: string): Error {
  const { code, claim } = error as { readonly code?: string; readonly claim?: string }
  switch (code) {
    case 'ERR_JWT_EXPIRED':
      return unauthenticated('The token has expired.')
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return unauthenticated(claimSays[claim ?? ''] ?? `The token has no ${claim} that is good here.`)
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return unauthenticated("The token's signature is not its issuer's.")
    case 'ERR_JWKS_NO_MATCHING_KEY':
    case 'ERR_JWKS_MULTIPLE_MATCHING_KEYS':
      return unauthenticated('The token names no key that its issuer publishes.')
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
    case 'ERR_JOSE_NOT_SUPPORTED':
    case 'ERR_JWS_INVALID':
    case 'ERR_JWT_INVALID':
      return unauthenticated('The token is no JWT that is signed with a key of its issuer.')
    default:
      return new RequestRefused(
        503,
        `Who you are cannot be told now: the keys of ${issuer} are away: ${textOf(error)}`,
        {
          headers: { 'Retry-After': '5' },
        },
      )
  }
}

const claimSays: { readonly [claim: string]: string } = {
  aud: 'The token is for another audience.',
  iss: 'The token is of another issuer.',
  nbf: 'The token is not valid yet.',
}

/** A name alone may change hands. */
function nameIn({ sub, preferred_username: username, email }: JWTPayload): string {
  const name = [username, email].find(isCallerName)
  return name === undefined ? String(sub) : `${name} (${sub})`
}

function checkAddress(what: string, url: string): void {
  if (!isSafe(url)) throw invalid(`${what} is not an address under https: ${JSON.stringify(url)}`)
}

/** Nobody on the way can put keys of his own in the place of the issuer's. */
function isSafe(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:') return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  return url?.protocol === 'https:'
}

function invalid(says: string): MakegoodError {
  return new MakegoodError('OPTION_INVALID', `oidcAccess: ${says}.`)
}
