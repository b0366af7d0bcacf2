import type {
  AuditList,
  AuditQuery,
  Caller,
  Definitions,
  Failures,
  MessageList,
  MessageQuery,
  Pace,
  SagaCounts,
  SagaInFull,
  SagaList,
  SagaQuery,
  ServiceView,
} from 'makegood/operations/contract'

/**
 * What the console's server says to its pages, under `/console/api`: what services say under `/operations`, of all of
 * them at once, and which of them did not answer.
 */
export interface Answer<Group> extends PerhapsAway {
  readonly services: readonly (Group & { readonly service: string; readonly url: string })[]
}

export interface PerhapsAway {
  /** Those that did not answer. What is said of them beside it is what they said last. */
  readonly away: readonly AwayService[]
}

/** A process that did not answer. */
export interface AwayService {
  readonly url: string
  /** Why, for people. */
  readonly says: string
  /** When it said what is shown of it; null if nothing is. */
  readonly asOf: string | null
}

/** What can be asked of all services: the routes of `makegood/operations/contract` by their names. */
export interface Reads {
  readonly services: { readonly query: OfService; readonly group: ServiceView }
  readonly sagas: { readonly query: SagaQuery; readonly group: SagaList }
  readonly sagaCounts: { readonly query: OfService; readonly group: SagaCounts }
  readonly definitions: { readonly query: OfService; readonly group: Definitions }
  readonly failures: { readonly query: OfService; readonly group: Failures }
  readonly deadLetters: { readonly query: MessageQuery; readonly group: MessageList }
  readonly parked: { readonly query: MessageQuery; readonly group: MessageList }
  readonly pace: { readonly query: OfService; readonly group: Pace }
  readonly audit: { readonly query: AuditQuery; readonly group: AuditList }
}

export type ReadName = keyof Reads

export interface OfService {
  readonly service?: string
}

export interface SagaAnswer extends SagaInFull, PerhapsAway {}

/** Who looks, and how somebody signs in. */
export interface SessionView {
  /** Null if nobody has signed in. */
  readonly caller: Caller | null
  /** Empty where nobody needs to sign in. */
  readonly signIn: readonly ('token' | 'oidc')[]
  /** Whether there is a system to play with. */
  readonly hasPlayground: boolean
}
