import type {
  AuditList,
  AuditQuery,
  ByService,
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
export type Answer<Body> = Body & {
  /** Those that did not answer. What is said of them above is what they said last. */
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
  readonly services: { readonly query: OfService; readonly body: ByService<ServiceView> }
  readonly sagas: { readonly query: SagaQuery; readonly body: ByService<SagaList> }
  readonly sagaCounts: { readonly query: OfService; readonly body: ByService<SagaCounts> }
  readonly definitions: { readonly query: OfService; readonly body: ByService<Definitions> }
  readonly failures: { readonly query: OfService; readonly body: ByService<Failures> }
  readonly deadLetters: { readonly query: MessageQuery; readonly body: ByService<MessageList> }
  readonly parked: { readonly query: MessageQuery; readonly body: ByService<MessageList> }
  readonly pace: { readonly query: OfService; readonly body: ByService<Pace> }
  readonly audit: { readonly query: AuditQuery; readonly body: ByService<AuditList> }
}

export type ReadName = keyof Reads

export interface OfService {
  readonly service?: string
}

export type SagaAnswer = Answer<SagaInFull>

/** Who looks, and how somebody signs in. */
export interface SessionView {
  /** Null if nobody has signed in. */
  readonly caller: Caller | null
  /** Empty where nobody needs to sign in. */
  readonly signIn: readonly ('token' | 'oidc')[]
}
