import { randomBytes } from 'node:crypto'
import { type OperationsClient, operationsClient, refusesCaller } from 'makegood/operations/client'
import { type Caller, roles } from 'makegood/operations/contract'
import { ConsoleProblem } from './problem.ts'

/** Somebody who has signed in, and their way to the services. */
export interface Session {
  readonly id: string
  readonly caller: Caller
  readonly client: OperationsClient
  readonly endsAt: number
}

/** Who has signed in, in memory: whoever restarts the console signs in again. */
export class Sessions {
  readonly #lastsMs: number
  readonly #max: number
  /** Oldest first. */
  readonly #sessions = new Map<string, Session>()

  constructor({ sessionMs, sessionsMax }: { readonly sessionMs: number; readonly sessionsMax: number }) {
    this.#lastsMs = sessionMs
    this.#max = sessionsMax
  }

  begin(caller: Caller, client: OperationsClient): Session {
    const session = { id: randomBytes(32).toString('base64url'), caller, client, endsAt: Date.now() + this.#lastsMs }
    this.#sessions.set(session.id, session)
    for (const id of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#max) break
      this.#sessions.delete(id)
    }
    return session
  }

  find(id: string | undefined): Session | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id)
    if (session === undefined || session.endsAt > Date.now()) return session
    this.#sessions.delete(session.id)
    return undefined
  }

  end(id: string): void {
    this.#sessions.delete(id)
  }
}

/** @throws ConsoleProblem if no service takes the token, or none answers */
export async function whoSignsIn(
  services: readonly string[],
  token: string | undefined,
): Promise<{ readonly caller: Caller; readonly client: OperationsClient }> {
  const client = operationsClient({
    services: services.map(url => ({ url, ...(token === undefined ? {} : { token }) })),
  })
  const { callers, unreachable } = await client.me()
  const caller = callers.toSorted((one, other) => roles.indexOf(other.role) - roles.indexOf(one.role))[0]
  if (caller !== undefined) return { caller: { name: caller.name, role: caller.role }, client }
  const refused = unreachable.find(refusesCaller)
  if (refused !== undefined) throw new ConsoleProblem(401, 'No service knows this token.')
  throw new ConsoleProblem(503, `No service answers. ${unreachable[0]!.url}: ${unreachable[0]!.says}`)
}
