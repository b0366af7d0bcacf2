import type { Parts, SagaFound, Unreachable } from 'makegood/operations/client'
import type { SagaInFull } from 'makegood/operations/contract'
import type { Answer } from './contract.ts'

/** What one service is known to have said of a saga. */
export interface SagaPart {
  /** Null for those that have only received something of it. */
  readonly saga: SagaInFull | null
  readonly messages: SagaInFull['messages']
}

/** A saga by who said what of it: what one of them said before can take its place while it is away. */
export function partsOfSaga(saga: SagaFound | undefined, unreachable: readonly Unreachable[]): Parts<SagaPart> {
  if (saga === undefined) return { services: [], unreachable }
  const { service, url, messages } = saga
  const others = [...new Set(messages.map(message => message.service))].map(other => {
    const said = messages.filter(message => message.service === other)
    return { service: other, url: said[0]!.url, saga: null, messages: said }
  })
  // Whoever has the saga is not asked for others' messages while it is away: with it everything is kept.
  return { services: [{ service, url, saga, messages }, ...others], unreachable }
}

/** Undefined if whoever has the saga has never said anything of it. */
export function sagaOfParts({ services }: Answer<SagaPart>): SagaInFull | undefined {
  const own = services.find(({ saga }) => saga !== null)
  if (own?.saga === undefined || own.saga === null) return undefined
  const messages = new Map<string, SagaInFull['messages'][number]>()
  for (const message of [own, ...services].flatMap(part => part.messages)) {
    const key = `${message.service} ${message.identity}`
    if (!messages.has(key)) messages.set(key, message)
  }
  const inOrder = [...messages.values()].sort((one, other) => one.receivedAt.localeCompare(other.receivedAt))
  return { ...own.saga, messages: inOrder }
}

/** One service may have the saga and messages of it. */
export function byPart({ service, saga }: SagaPart & { readonly service: string }): string {
  return `${service} ${saga === null ? 'messages' : 'saga'}`
}
