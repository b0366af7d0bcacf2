import { createHash, timingSafeEqual } from 'node:crypto'
import { RequestRefused } from '../adapters/fastify/problem.ts'
import { MakegoodError } from '../model/errors.ts'
import { type Caller, mayAct, type Role, roles } from './contract.ts'

/** Who may ask at all, and as whom: `openAccess`, `tokenAccess`, `oidcAccess`, or one of your own. */
export interface Access {
  /**
   * Who asks, before anything of the request but its head was read.
   * @throws whatever refuses the request: `unauthenticated` makes a 401 of a reason
   */
  admit(request: AskingRequest): Admitted | Promise<Admitted>
}

export interface AskingRequest {
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  /** The address that the connection comes from. */
  readonly ip: string
}

export interface Admitted {
  readonly caller: Caller
  /** When that is over, in milliseconds since 1970: streams end then. @defaultValue never */
  readonly until?: number
}

/**
 * Everybody on this machine, as an admin whom the audit calls `embedded`: for a system that runs in one process on a
 * developer's machine. A request from elsewhere is refused, and so is one under a name of the internet's, with which a
 * page in a browser could reach a server on its own machine.
 */
export function openAccess(): Access {
  return {
    admit({ headers, ip }) {
      const host = headerIn(headers, 'host') ?? ''
      if (isLoopback(ip) && isOfThisMachine(host)) return { caller: { name: 'embedded', role: 'admin' } }
      throw new RequestRefused(
        403,
        `Operations are open to this machine alone, as localhost, and not to ${ip} or under the name ${JSON.stringify(host)}.`,
      )
    },
  }
}

export interface Token {
  /** What the audit calls whoever has it; two tokens may share one, while the older is being replaced. */
  readonly name: string
  readonly role: Role
  /** From 32 to 1 024 visible characters of ASCII, made by chance: `openssl rand -base64 33`. */
  readonly token: string
}

/**
 * Whoever has one of these tokens, sent as `Authorization: Bearer …`.
 *
 * @throws MakegoodError `OPTION_INVALID`, naming whose token is no good and why; never the token
 */
export function tokenAccess(tokens: readonly Token[]): Access {
  checkTokens(tokens)
  const known = tokens.map(({ name, role, token }) => ({ caller: { name, role }, digest: digestOf(token) }))
  return {
    admit({ headers }) {
      const digest = digestOf(bearerIn(headers))
      // All of them are compared, each in constant time: how long it takes tells nothing.
      const found = known.filter(token => timingSafeEqual(token.digest, digest))
      if (found[0] === undefined) throw unauthenticated('The token is not one of those that are known here.')
      return found[0]
    },
  }
}

/** A refusal that says how to sign in: 401, with the reason. */
export function unauthenticated(because: string): Error {
  const headers = {
    'WWW-Authenticate': `Bearer realm="operations", error="invalid_token", error_description="${because}"`,
  }
  return new RequestRefused(401, because, { headers })
}

/** @throws RequestRefused 401 if there is no token, or no readable one */
export function bearerIn(headers: AskingRequest['headers']): string {
  const given = headerIn(headers, 'authorization')
  if (given === undefined) {
    throw new RequestRefused(401, 'Operations ask who you are: send a token, as Authorization: Bearer.', {
      headers: { 'WWW-Authenticate': 'Bearer realm="operations"' },
    })
  }
  const [, token] = /^bearer +([\x21-\x7e]+) *$/i.exec(given) ?? []
  if (token === undefined) throw unauthenticated('What was sent as Authorization is no Bearer token.')
  return token
}

/** @throws RequestRefused 403, naming the role that is needed */
export function checkRole({ name, role }: Caller, needed: Role, what: string): void {
  if (!mayAct(role, needed)) throw new RequestRefused(403, forbids({ name, role }, needed, what))
}

export function forbids({ name, role }: Caller, needed: Role, what: string): string {
  return `${what} needs the role ${needed}; ${name} is ${role}.`
}

function headerIn(headers: AskingRequest['headers'], name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** Hashes are of one length, whatever was sent. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function checkTokens(tokens: readonly Token[]): void {
  if (tokens.length === 0) throw invalid('it names nobody: give it one token at least')
  const digests = new Set<string>()
  for (const [at, { name, role, token }] of tokens.entries()) {
    const whose = isCallerName(name) ? `the token of ${name}` : `token ${at + 1}`
    if (!isCallerName(name)) throw invalid(`${whose} has no name of 1 to ${callerNameMax} characters on one line`)
    if (!roles.includes(role)) throw invalid(`${whose} has a role that there is not: there are ${roles.join(', ')}`)
    if (!/^[\x21-\x7e]{32,1024}$/.test(token)) throw invalid(`${whose} is not 32 to 1 024 visible characters of ASCII`)
    const digest = digestOf(token).toString('hex')
    if (digests.has(digest)) throw invalid(`${whose} is another's too`)
    digests.add(digest)
  }
}

const callerNameMax = 200

/** What the audit can keep and a person can read. */
export function isCallerName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= callerNameMax && /^(?! )[^\p{C}\p{Zl}\p{Zp}]+(?<! )$/u.test(name)
}

function invalid(says: string): MakegoodError {
  return new MakegoodError('OPTION_INVALID', `tokenAccess: ${says}.`)
}

function isLoopback(ip: string): boolean {
  return /^(::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(ip)
}

/** By a name that no other machine can have. */
function isOfThisMachine(host: string): boolean {
  return /^(localhost|[\w-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host)
}
