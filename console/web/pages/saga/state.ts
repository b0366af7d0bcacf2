import type { Cause, SagaState, StepState } from 'makegood'
import type { SagaInFull, StepView } from 'makegood/operations/contract'
import { reactionIn } from './words.ts'

/** What is asked of a participant and not answered yet. */
export interface OpenStep {
  readonly step: string
  readonly side: 'forward' | 'compensation'
  /** `pausing`: it was refused, and is sent as a new attempt at `wakeAt`. */
  readonly state: 'open' | 'pausing' | 'closing'
  readonly attempt: number
  /** How many times this attempt was sent. */
  readonly asked: number
  readonly firstSentAt: string
  readonly wakeAt: string | null
}

export interface SagaSteps {
  readonly [name: string]: StepState
}

/** The state as services keep it; masking has replaced values in it, and never its shape. */
function stateOf({ state }: Pick<SagaInFull, 'state'>): SagaState {
  return state as SagaState
}

/** The steps that have begun, in the order of the saga's first words of them. */
export function stepsOf(saga: Pick<SagaInFull, 'state'>): SagaSteps {
  const state = stateOf(saga)
  return (state.status === 'stuck' ? state.was?.steps : state.steps) ?? {}
}

/** Whether nobody leads it: its steps are events, and the reactions of services to them. */
export function isFollowed(saga: Pick<SagaInFull, 'state'>): boolean {
  return Object.keys(stepsOf(saga)).some(step => reactionIn(step) !== null)
}

/** Where a stuck saga goes on. */
export function wasOf(saga: Pick<SagaInFull, 'state'>): 'running' | 'compensating' | null {
  const state = stateOf(saga)
  return state.status === 'stuck' ? (state.was?.status ?? null) : null
}

export function causeOf(saga: Pick<SagaInFull, 'state' | 'cause'>): Cause | null {
  if (saga.cause !== null) return saga.cause
  const state = stateOf(saga)
  const was = state.status === 'stuck' ? state.was : state
  return was !== undefined && 'cause' in was ? (was.cause ?? null) : null
}

/** Who gave it up, and why. */
export function abandonedOf(saga: Pick<SagaInFull, 'state'>): { readonly by: string; readonly reason: string } | null {
  const state = stateOf(saga)
  return state.status === 'abandoned' ? state : null
}

export function openStepsOf(saga: Pick<SagaInFull, 'state'>): readonly OpenStep[] {
  return Object.entries(stepsOf(saga)).flatMap(([step, { forward, back }]) => [
    ...('ask' in forward ? [openStep(step, 'forward', forward)] : []),
    ...(back !== undefined && 'ask' in back ? [openStep(step, 'compensation', back)] : []),
  ])
}

type Asked = Extract<StepState['forward'] | NonNullable<StepState['back']>, { readonly ask: unknown }>

function openStep(step: string, side: OpenStep['side'], { state, ask }: Asked): OpenStep {
  const { attempt, asked, firstSentAt, wakeAt } = ask
  return { step, side, state, attempt, asked, firstSentAt: timeOf(firstSentAt)!, wakeAt: timeOf(wakeAt) }
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined || !Number.isFinite(ms) ? null : new Date(ms).toISOString()
}

/** The command that is open in a step. */
export function commandOf({ side }: Pick<OpenStep, 'side'>, definition: StepView | undefined): string | null {
  if (definition === undefined) return null
  if (side === 'forward') return definition.command
  return typeof definition.compensation === 'object' ? (definition.compensation?.command ?? null) : null
}
