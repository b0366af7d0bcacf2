import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { type OperationsClient, operationsClient, refusesCaller } from 'makegood/operations/client'
import { type Caller, roles } from 'makegood/operations/contract'
import { ConsoleProblem } from './problem.ts'

/** Somebody who has signed in, and their way to the services. */
export interface Session {
  readonly id: string
  readonly caller: Caller
  readonly client: OperationsClient
  /** When the way ends, in milliseconds since 1970: whoever still looks then asks for the session again. */
  readonly endsAt: number
}

/** @throws ConsoleProblem 401 if nobody has signed in */
export type SessionOf = (request: FastifyRequest) => Session | Promise<Session>

/** What somebody has signed in with. */
export interface Credential {
  readonly token: string
  /** When the services take it no more; undefined if that is not known. */
  readonly endsAt?: number
  /** Another one in its place; undefined if somebody has to sign in again for that. */
  readonly renew?: () => Promise<Credential>
}

interface Kept {
  readonly session: Session
  readonly credential: Credential
  readonly endsAt: number
  /** Whoever asks meanwhile waits for the same. */
  renewing?: Promise<Session | undefined>
}

/** Renewed a little earlier, so that nothing is asked with a token that ends on its way. */
const renewedBeforeMs = 30_000

/** Who has signed in, in memory: whoever restarts the console signs in again. */
export class Sessions {
  readonly #services: readonly string[]
  readonly #lastsMs: number
  readonly #max: number
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor({
    services,
    sessionMs,
    sessionsMax,
  }: {
    readonly services: readonly string[]
    readonly sessionMs: number
    readonly sessionsMax: number
  }) {
    this.#services = services
    this.#lastsMs = sessionMs
    this.#max = sessionsMax
  }

  /** @throws ConsoleProblem if no service takes what they sign in with, or none answers */
  async begin(credential: Credential): Promise<Session> {
    const session = await this.#sessionWith(
      randomBytes(32).toString('base64url'),
      credential,
      Date.now() + this.#lastsMs,
    )
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= this.#max) break
      this.#kept.delete(id)
    }
    return session
  }

  async find(id: string | undefined): Promise<Session | undefined> {
    const kept = id === undefined ? undefined : this.#kept.get(id)
    if (kept === undefined) return undefined
    if (kept.endsAt <= Date.now()) return this.end(kept.session.id)
    const { renew, endsAt = Number.POSITIVE_INFINITY } = kept.credential
    if (endsAt - renewedBeforeMs > Date.now()) return kept.session
    if (renew === undefined) return endsAt > Date.now() ? kept.session : this.end(kept.session.id)
    kept.renewing ??= renew()
      .then(credential => this.#sessionWith(kept.session.id, credential, kept.endsAt))
      .catch(() => this.end(kept.session.id))
    return kept.renewing
  }

  end(id: string): undefined {
    this.#kept.delete(id)
  }

  async #sessionWith(id: string, credential: Credential, endsAt: number): Promise<Session> {
    const found = await whoSignsIn(this.#services, credential.token)
    const session = { id, ...found, endsAt: Math.min(endsAt, credential.endsAt ?? endsAt) }
    this.#kept.set(id, { session, credential, endsAt })
    return session
  }
}

async function whoSignsIn(services: readonly string[], token: string): Promise<Pick<Session, 'caller' | 'client'>> {
  const client = operationsClient({ services: services.map(url => ({ url, token })) })
  const { callers, unreachable } = await client.me()
  const caller = callers.toSorted((one, other) => roles.indexOf(other.role) - roles.indexOf(one.role))[0]
  if (caller !== undefined) return { caller: { name: caller.name, role: caller.role }, client }
  const refused = unreachable.find(refusesCaller)
  if (refused !== undefined) throw new ConsoleProblem(401, `No service lets you in. ${refused.url}: ${refused.says}`)
  throw new ConsoleProblem(503, `No service answers. ${unreachable[0]!.url}: ${unreachable[0]!.says}`)
}
