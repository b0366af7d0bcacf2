import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { operationsClient } from 'makegood/operations/client'

export interface ConsoleOptions {
  /**
   * Where services answer, of one system or of several: `http://orders:3000`. One address may answer for several
   * services, and processes of one service each have theirs.
   */
  readonly services: readonly string[]
  /**
   * How people show who they are. What they sign in with is handed on to the services, each of which judges it by
   * itself. `none` asks nobody, answers only on this machine's own names, and is for what runs there alone.
   *
   * @defaultValue 'token'
   */
  readonly signIn?: SignInOption
  /**
   * Where people find the console, if that is not where it listens: `https://console.example.org`. Over https the
   * cookie is for https alone.
   */
  readonly publicUrl?: string
  /** How long somebody stays signed in, in milliseconds, from a minute to 24 hours. @defaultValue 28800000 (8 hours) */
  readonly sessionMs?: number
  /** How many may be signed in at once; the oldest sign-in gives way. From 1 to 100 000. @defaultValue 1000 */
  readonly sessionsMax?: number
  /** How many times a minute one address may try to sign in, from 1 to 1 000. @defaultValue 10 */
  readonly signInsPerMinute?: number
  /** Where the built pages are. @defaultValue `console/dist` */
  readonly pages?: string
  /**
   * Routes of a system's playground, which runs in this process: under `/console/api/playground`, for its page. Only
   * where nobody signs in. @defaultValue none, and no such page
   */
  readonly playground?: (app: FastifyInstance) => void
}

export type SignInOption = 'none' | 'token' | OidcSignIn

/** Signs in at an OpenID provider; what services get is the access token that it gives. Needs `publicUrl`. */
export interface OidcSignIn {
  /** The same as the services'. */
  readonly issuer: string
  /** What the console is called there; it is sent back to `/console/api/oidc/end`. */
  readonly clientId: string
  /** Left out for a public client. */
  readonly clientSecret?: string
  /** For whom the token is to be, where the provider has to be told: what the services know as their audience. */
  readonly audience?: string
  /** With `offline_access` nobody has to sign in again when a token ends. @defaultValue 'openid profile email offline_access' */
  readonly scope?: string
}

/** Past this nothing is optional. */
export interface Settings {
  readonly services: readonly string[]
  readonly signIn: SignInOption
  readonly publicUrl: URL | undefined
  readonly sessionMs: number
  readonly sessionsMax: number
  readonly signInsPerMinute: number
  readonly pages: string
  readonly playground: ((app: FastifyInstance) => void) | undefined
}

/** @throws Error, or MakegoodError `OPTION_INVALID`, that names the option which is out of its range */
export function resolve(options: ConsoleOptions): Settings {
  const {
    services,
    signIn = 'token',
    publicUrl,
    playground,
    pages = fileURLToPath(new URL('../dist', import.meta.url)),
  } = options
  if (services.length === 0) throw new Error('The console needs to know where services answer: services is empty.')
  // It knows what an address is, and would say so only when the first person comes.
  operationsClient({ services: services.map(url => ({ url })) })
  if (playground !== undefined && signIn !== 'none')
    throw new Error('A playground is for whoever is on this machine: signIn is to be none with it.')
  if (typeof signIn === 'object' && publicUrl === undefined)
    throw new Error('Signing in at an OpenID provider needs publicUrl: it is told where to send people back to.')
  return {
    services,
    signIn,
    publicUrl: publicUrl === undefined ? undefined : checkedUrl(publicUrl),
    sessionMs: within('sessionMs', options.sessionMs ?? 8 * 3_600_000, 60_000, 24 * 3_600_000),
    sessionsMax: within('sessionsMax', options.sessionsMax ?? 1_000, 1, 100_000),
    signInsPerMinute: within('signInsPerMinute', options.signInsPerMinute ?? 10, 1, 1_000),
    pages,
    playground,
  }
}

function within(name: string, value: number, from: number, to: number): number {
  if (Number.isInteger(value) && value >= from && value <= to) return value
  throw new Error(`${name} is a whole number from ${from} to ${to}; it is ${value}.`)
}

function checkedUrl(text: string): URL {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text)
  throw new Error(`publicUrl is of the form https://host; it is ${text}.`)
}
