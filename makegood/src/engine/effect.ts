import type { Choreography } from '../definition/choreography.ts'
import type { Saga } from '../definition/saga.ts'
import type { Direction, MessageType } from '../model/message.ts'
import { openStepsOf, progressOf, type SagaState, type SagaStatus } from '../model/saga-state.ts'
import type { Decision } from './decision.ts'
import { stillToUndo } from './go-back.ts'

/** What a request does to a saga at once; what follows from it depends on who answers what. */
export interface Effect {
  readonly from: SagaStatus
  readonly to: SagaStatus
  readonly sends: readonly { readonly command: MessageType; readonly step: string; readonly direction: Direction }[]
  readonly publishes: readonly MessageType[]
  /** Of one that is compensated: the steps that are to be undone, those of one stage beside each other, the first first. */
  readonly undoes: readonly (readonly string[])[]
  /** Of one that is given up: the steps of which something was asked and not answered, and those that stay done. */
  readonly leaves: { readonly open: readonly string[]; readonly done: readonly string[] }
  readonly journal: readonly { readonly kind: string; readonly step: string | undefined }[]
}

export function effectOf(
  definition: Saga | Choreography,
  was: SagaState,
  { state, send, publish, journal }: Decision,
): Effect {
  return {
    from: was.status,
    to: state.status,
    sends: send.map(({ type: command, step, direction }) => ({ command, step, direction })),
    publishes: publish.map(({ type }) => type),
    undoes: definition.kind === 'saga' && state.status === 'compensating' ? stillToUndo(definition, state) : [],
    leaves: state.status === 'abandoned' ? { open: openStepsOf(was), done: doneIn(was) } : { open: [], done: [] },
    journal: journal.map(({ kind, step }) => ({ kind, step })),
  }
}

function doneIn(state: SagaState): readonly string[] {
  return Object.entries(progressOf(state)).flatMap(([step, { forward, back }]) =>
    forward.state === 'succeeded' && back?.state !== 'done' ? [step] : [],
  )
}
