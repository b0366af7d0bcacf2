import { type Cause, type EngineFailure, engineFailures } from './failure.ts'
import type { Direction } from './message.ts'

/**
 * Where a saga is. Each status carries exactly what is true in it; `engine/decide.ts` is the only place that makes one.
 * Times are the database's, in milliseconds since 1970.
 */
export type SagaState =
  | Running
  | Compensating
  | { readonly status: 'completed'; readonly steps: Steps }
  | { readonly status: 'compensated'; readonly steps: Steps; readonly cause: Cause }
  | Stuck
  | { readonly status: 'abandoned'; readonly steps: Steps; readonly by: string; readonly reason: string }

export type SagaStatus = SagaState['status']

export interface Running {
  readonly status: 'running'
  readonly steps: Steps
  /** When the whole saga is to be over. */
  readonly deadlineAt: number | undefined
  /** Set while a parallel group of which one member has failed waits for the others (protocol, rule 10). */
  readonly cause: Cause | undefined
}

export interface Compensating {
  readonly status: 'compensating'
  readonly steps: Steps
  readonly cause: Cause
}

/** Waits for a person, or for the answer to what is still open. `was` is where it goes on. */
export interface Stuck {
  readonly status: 'stuck'
  readonly was: Running | Compensating
  readonly trouble: Trouble
  /** What came in when the definition's own code threw: decided again on retry (protocol, rule 13). */
  readonly undecided: Input | undefined
}

/** What can happen to a saga. */
export type Input =
  | { readonly kind: 'start' }
  | ({ readonly kind: 'answer' } & StepAnswer)
  /** Something that the saga waits for may be due. */
  | { readonly kind: 'time' }
  | ({ readonly kind: 'request' } & Request)

export interface StepAnswer {
  readonly step: string
  readonly direction: Direction
  /** Undefined where the participant does not say (protocol, rule 2). */
  readonly attempt: number | undefined
  readonly failure: string | undefined
  /** The reply, or the failure's details. */
  readonly payload: unknown
}

/** What an operator, or the application by `cancel`, asks for. */
export interface Request {
  readonly action: RequestedAction
  readonly by: string
  readonly reason: string
}

export type RequestedAction =
  | { readonly kind: 'retry' | 'compensate' | 'abandon' }
  | { readonly kind: 'skip'; readonly step: string }
  | { readonly kind: 'resolve'; readonly step: string; readonly reply: unknown }

/** What a person on call needs to know first. */
export interface Trouble {
  readonly code: TroubleCode
  readonly step: string | undefined
  readonly says: string
}

/** `DEADLINE_PASSED` is the whole saga's. Each has its page under `docs/runbooks`. */
export type TroubleCode = 'SILENT' | 'FAILED' | 'DEFINITION_THREW' | 'DEADLINE_PASSED' | EngineFailure

export const troubleCodes: readonly TroubleCode[] = [
  'SILENT',
  'FAILED',
  'DEFINITION_THREW',
  'DEADLINE_PASSED',
  ...engineFailures,
]

/** The steps that have begun, whatever the status. */
export function progressOf(state: SagaState): Steps {
  return state.status === 'stuck' ? state.was.steps : state.steps
}

/** The steps of which something is open: on their way forward, back, or being closed. None once it has ended. */
export function openStepsOf(state: SagaState): readonly string[] {
  switch (state.status) {
    case 'running':
    case 'compensating':
      return Object.entries(state.steps).flatMap(([step, { forward, back }]) =>
        'ask' in forward || (back !== undefined && 'ask' in back) ? [step] : [],
      )
    case 'stuck':
      return openStepsOf(state.was)
    case 'completed':
    case 'compensated':
    case 'abandoned':
      return []
  }
}

/** Why it was compensated, is being, or will be. */
export function causeOf(state: SagaState): Cause | undefined {
  switch (state.status) {
    case 'running':
    case 'compensating':
    case 'compensated':
      return state.cause
    case 'stuck':
      return causeOf(state.was)
    case 'completed':
    case 'abandoned':
      return undefined
  }
}

export interface Steps {
  readonly [name: string]: StepState
}

/** A step that has begun; one that has not is absent. */
export interface StepState {
  readonly forward: Forward
  readonly back?: Back
}

export type Forward =
  | Asking
  | { readonly state: 'succeeded'; readonly reply: unknown; readonly firstSentAt: number }
  | { readonly state: 'failed'; readonly code: string; readonly details: unknown }
  | { readonly state: 'in doubt'; readonly code: string; readonly firstSentAt: number; readonly attempt: number }
  | { readonly state: 'skipped' }
  /** An operator skips or resolves it; its participant is closing it first (protocol, rule 9). */
  | { readonly state: 'closing'; readonly ask: Ask; readonly instead: Instead }

export type Instead = { readonly kind: 'skip' } | { readonly kind: 'resolve'; readonly reply: unknown }

export type Back =
  | Asking
  /** The participant is asked whether the step ran, and closes it if not (protocol, rule 8). */
  | { readonly state: 'closing'; readonly ask: Ask }
  | { readonly state: 'done' }

export type Asking =
  /** A command is on its way; at `wakeAt` its silence has an answer. */
  | { readonly state: 'open'; readonly ask: Ask }
  /** It was refused and is sent as a new attempt at `wakeAt`. */
  | { readonly state: 'pausing'; readonly ask: Ask }

export interface Ask {
  readonly attempt: number
  /** How many times this attempt was sent. */
  readonly asked: number
  readonly firstSentAt: number
  readonly wakeAt: number
}
