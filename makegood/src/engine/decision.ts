import type { Saga } from '../definition/saga.ts'
import type { Direction, MessageType, RetryPolicy } from '../model/message.ts'
import type { SagaState } from '../model/saga-state.ts'

export interface DecidedSaga {
  readonly definition: Saga
  readonly data: unknown
}

export interface Circumstances {
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number
  /** Whether participants on this wire can be asked to close a step (rule 8). */
  readonly canClose: boolean
}

export interface Decision {
  readonly state: SagaState
  readonly send: readonly CommandToSend[]
  readonly publish: readonly EventToPublish[]
  readonly journal: readonly Transition[]
  /** Why a request was not granted; nothing else has changed then. */
  readonly refused?: string
}

export interface CommandToSend {
  readonly type: MessageType
  readonly step: string
  readonly direction: Direction
  readonly attempt: number
  readonly payload: unknown
  readonly firstSentAt: number
  readonly stepFirstSentAt: number
  readonly stepSucceeded: boolean
  readonly retry: RetryPolicy
}

export interface EventToPublish {
  readonly type: MessageType
  readonly payload: unknown
}

export interface Transition {
  readonly kind: string
  readonly step: string | undefined
  readonly detail: unknown
}
