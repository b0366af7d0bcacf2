import type { ServiceView } from 'makegood/operations/contract'
import type { AnswerOf } from '../../api/answers.ts'

/** Which service carries out a command, and how it is. */
export class Participants {
  readonly #handlers: ReadonlyMap<string, string>
  /** Undefined as long as nothing is known of any. */
  readonly #processes: readonly (ServiceView & { readonly service: string })[] | undefined
  readonly #areSomeAway: boolean

  constructor(definitions?: AnswerOf<'definitions'>, services?: AnswerOf<'services'>) {
    this.#handlers = new Map(
      definitions?.services.flatMap(({ service, commands }) => commands.map(command => [command, service] as const)),
    )
    const away = new Set(services?.away.map(({ url }) => url))
    this.#processes = services?.services.filter(({ url }) => !away.has(url))
    this.#areSomeAway = away.size > 0
  }

  /** Null where nobody says that they do. */
  of(command: string | null): string | null {
    return command === null ? null : (this.#handlers.get(command) ?? null)
  }

  /** How many messages of a service no broker has taken yet, and for how long the oldest waits; null if there are none. */
  outboxOf(service: string): { readonly messages: number; readonly oldestMs: number } | null {
    const outboxes = (this.#processes ?? []).flatMap(({ service: name, figures }) =>
      name === service && figures !== null && figures.outbox.messages > 0 ? [figures.outbox] : [],
    )
    return outboxes[0] ?? null
  }

  /** Why a service cannot be expected to answer just now; null if nothing is known to be wrong with it. */
  troubleOf(service: string): string | null {
    if (this.#processes === undefined) return null
    const processes = this.#processes.filter(each => each.service === service)
    if (processes.length === 0) {
      return this.#areSomeAway ? `${service} does not answer the console: is it running?` : null
    }
    if (processes.some(({ ready }) => ready)) return null
    const reasons = [...new Set(processes.flatMap(({ reasons }) => reasons))]
    return `${service} is not ready: ${reasons.length === 0 ? 'it does not say why' : reasons.join(', ')}.`
  }
}
