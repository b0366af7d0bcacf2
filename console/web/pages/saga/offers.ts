import type { RequestedAction, SagaInFull } from 'makegood/operations/contract'
import { isFollowed, openStepsOf, stepsOf, wasOf } from './state.ts'

/** Something that a person may ask of a saga. */
export interface Offer {
  readonly kind: RequestedAction['kind']
  readonly label: string
  /** What it means, for whoever has not done it before. */
  readonly says: string
  /** Why it cannot be done as the saga is now; null if it can. The service has the last word. */
  readonly unless: string | null
  /** The steps that it can be done to; empty where it is done to the saga. */
  readonly steps: readonly string[]
  /** Whether somebody has to say what the step would have replied. */
  readonly takesReply: boolean
}

export function offersOf(saga: SagaInFull): readonly Offer[] {
  const hasEnded = ended(saga)
  const open = openStepsOf(saga)
  const byItsServices = isFollowed(saga)
    ? 'Nobody leads a choreography: only its own services can take it on or back.'
    : null
  const isBack = saga.status === 'compensating' || wasOf(saga) === 'compensating'
  const nothingOpen = open.length === 0 ? 'No step of it is open.' : null
  const steps = isBack ? stepsToUndo(saga) : open.map(({ step }) => step)
  const noStep = steps.length === 0 ? 'There is no step to do it to.' : null
  return [
    {
      kind: 'retry',
      label: 'Retry now',
      says: isFollowed(saga)
        ? 'Waits once more, from now on, for the services that have not reacted. Nothing is sent.'
        : 'Sends what is open as a new attempt, at once. Whoever has done it already answers again and does nothing twice.',
      unless: hasEnded ?? (saga.status === 'stuck' ? null : nothingOpen),
      steps: [],
      takesReply: false,
    },
    {
      kind: 'compensate',
      label: 'Compensate',
      says: 'Turns back: what its steps have done is made good, last first, and it ends compensated.',
      unless: byItsServices ?? cannotCompensate(saga, isBack),
      steps: [],
      takesReply: false,
    },
    {
      kind: 'skip',
      label: 'Skip a step',
      says: isBack
        ? 'Counts the undoing of the step as done, and goes on. What the step had done stays: undo it by hand if it must not.'
        : 'Makes sure at its participant that the step does not run any more, then goes on without it.',
      unless: hasEnded ?? byItsServices ?? noStep,
      steps,
      takesReply: false,
    },
    {
      kind: 'resolve',
      label: 'Resolve a step',
      says: isBack
        ? 'Counts the undoing of the step as done by hand, and goes on.'
        : 'Makes sure at its participant that the step does not run any more, then goes on as if it had replied what you say here.',
      unless: hasEnded ?? byItsServices ?? noStep,
      steps,
      takesReply: !isBack,
    },
    {
      kind: 'abandon',
      label: 'Abandon',
      says: 'Ends the saga as it is, for good. Nothing is undone, and nothing can take it on again.',
      unless: hasEnded,
      steps: [],
      takesReply: false,
    },
  ]
}

function ended({ status }: SagaInFull): string | null {
  return status === 'completed' || status === 'compensated' || status === 'abandoned' ? `It is ${status}.` : null
}

function cannotCompensate(saga: SagaInFull, isBack: boolean): string | null {
  if (saga.status === 'completed') return null
  return ended(saga) ?? (isBack ? 'It is being compensated already.' : null)
}

/** What a saga that turned back has not undone yet. */
function stepsToUndo(saga: SagaInFull): readonly string[] {
  return Object.entries(stepsOf(saga)).flatMap(([name, { back }]) =>
    back !== undefined && back.state !== 'done' ? [name] : [],
  )
}

/** What is most likely to help comes first; null if nobody needs to do anything. */
export function suggested(saga: SagaInFull): Offer['kind'] | null {
  if (saga.status !== 'stuck') return null
  switch (saga.trouble?.code) {
    case 'EXPIRED':
    case 'IN_DOUBT':
      return 'resolve'
    default:
      return 'retry'
  }
}
