import type { Part, Parts, Unreachable } from 'makegood/operations/client'
import type { ServiceView } from 'makegood/operations/contract'
import type { Answer, AwayService } from './contract.ts'
import type { Session } from './session.ts'

/** What services said last, to whoever asked: shown with its age while they are away. */
export class LastKnown {
  readonly #max: number
  /** Those that were not used for the longest time first. */
  readonly #known = new Map<string, Known>()

  constructor(max = 500) {
    this.#max = max
  }

  /** Adds to an answer what those that are away said last to the same question, unless another process answers for it. */
  complete<Group>(
    question: string,
    { services, unreachable }: Parts<Group>,
    tellsApart: (part: Part<Group>) => string = byService,
  ): Answer<Group> {
    for (const url of new Set(services.map(part => part.url))) {
      this.#remember(
        `${url} ${question}`,
        services.filter(part => part.url === url),
      )
    }
    const answered = new Set(services.map(tellsApart))
    const away = unreachable.map(each => ({ ...each, known: this.#recall(`${each.url} ${question}`) }))
    const missing = away.flatMap(({ known }) => known?.parts ?? []).filter(part => !answered.has(tellsApart(part)))
    return {
      services: [...services, ...missing],
      away: away.map(each => awayFrom(each, each.known?.at)),
    }
  }

  /** The same of how the processes of all services are: whether they were asked, or told it by themselves. */
  completeProcesses({ id }: Pick<Session, 'id'>, found: Parts<ServiceView>): Answer<ServiceView> {
    return this.complete(`${id} processes`, found, byProcess)
  }

  #remember(key: string, parts: Known['parts']): void {
    this.#known.delete(key)
    this.#known.set(key, { at: new Date().toISOString(), parts })
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#max) break
      this.#known.delete(oldest)
    }
  }

  #recall(key: string): Known | undefined {
    const known = this.#known.get(key)
    if (known !== undefined) {
      this.#known.delete(key)
      this.#known.set(key, known)
    }
    return known
  }
}

interface Known {
  readonly at: string
  readonly parts: readonly Part<any>[]
}

/** For what all processes of a service say alike. */
export function byService({ service }: Part<unknown>): string {
  return service
}

/** For what each process says of itself. */
function byProcess({ service, url }: Part<unknown>): string {
  return `${service} ${url}`
}

export function awayFrom({ url, says }: Unreachable, asOf: string | undefined): AwayService {
  return { url, says, asOf: asOf ?? null }
}
