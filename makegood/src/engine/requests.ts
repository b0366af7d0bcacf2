import type { SagaStep } from '../definition/saga.ts'
import type { Ask, Compensating, Input, Instead, Request, Running, SagaState } from '../model/saga-state.ts'
import { needsCompensation, turnBack, undo } from './go-back.ts'
import { pastPivot, proceed, putInstead } from './go-forward.ts'
import { isOpen, type OpenForward, openAsks, Refusal, type Turn } from './turn.ts'

/** What a person, or the application, asks for. @throws Refusal with the reason why it cannot be done */
export function grant(
  turn: Turn,
  state: SagaState,
  request: Input & { kind: 'request' },
  decideAgain: (was: SagaState, undecided: Input) => SagaState,
): SagaState {
  const { action } = request
  turn.note('requested', 'step' in action ? action.step : undefined, request)
  switch (action.kind) {
    case 'retry':
      if (state.status === 'stuck' && state.undecided !== undefined) return decideAgain(state.was, state.undecided)
      return retry(turn, active(state, action.kind))
    case 'compensate':
      return compensateNow(turn, state, request)
    case 'abandon':
      return abandon(turn, active(state, action.kind), request)
    case 'skip':
      return replaceStep(turn, active(state, action.kind), action.step, { kind: 'skip' })
    case 'resolve':
      return replaceStep(turn, active(state, action.kind), action.step, { kind: 'resolve', reply: action.reply })
  }
}

function active(state: SagaState, action: string): Running | Compensating {
  if (state.status === 'stuck') return state.was
  if (state.status === 'running' || state.status === 'compensating') return state
  throw new Refusal(`The saga is ${state.status}: there is nothing to ${action}.`)
}

/** Sends what is open as a new attempt, now (rule 2). The whole saga's deadline has had its effect. */
function retry(turn: Turn, was: Running | Compensating): SagaState {
  const cause = was.status === 'compensating' ? was.cause : undefined
  for (const { step, side, state, ask } of openAsks(turn.steps)) {
    const definition = turn.step(step)
    const direction = state === 'closing' ? 'close' : side
    const again = turn.ask(definition, direction, { ...ask, attempt: ask.attempt + 1, asked: 0 }, cause)
    turn.replaceAsk(definition, side, again)
  }
  if (was.status === 'compensating') return undo(turn, { ...was, steps: turn.steps })
  return proceed(turn, {
    ...was,
    steps: turn.steps,
    deadlineAt: was.deadlineAt !== undefined && was.deadlineAt > turn.now ? was.deadlineAt : undefined,
  })
}

function compensateNow(turn: Turn, state: SagaState, { by, reason }: Request): SagaState {
  if (state.status !== 'completed' && active(state, 'compensate').status === 'compensating')
    throw new Refusal('The saga is already being compensated.')
  if (pastPivot(turn)) throw new Refusal('The saga has passed its pivot: it can only go forward.')
  return turnBack(turn, { step: 'operator', code: 'REQUESTED', details: { by, reason } })
}

function abandon(turn: Turn, was: Running | Compensating, { by, reason }: Request): SagaState {
  if (turn.canClose) {
    for (const step of turn.definition.stages.flat()) {
      const forward = turn.steps[step.name]?.forward
      if (isOpen(forward)) askToClose(turn, step, forward)
    }
  }
  turn.note('abandoned')
  return { status: 'abandoned', steps: was.steps, by, reason }
}

/** Skips or resolves what is open in a step, once its participant will not run it any more (rule 9). */
function replaceStep(turn: Turn, was: Running | Compensating, name: string, instead: Instead): SagaState {
  const step = turn.step(name)
  if (was.status === 'compensating') {
    if (!needsCompensation(turn, step) || turn.steps[name]?.back?.state === 'done')
      throw new Refusal(`The step ${name} has no compensation to ${instead.kind}.`)
    turn.goesBack(step, { state: 'done' }, `compensation ${instead.kind === 'skip' ? 'skipped' : 'resolved'}`)
    return undo(turn, was)
  }
  const forward = turn.steps[name]?.forward
  if (!isOpen(forward)) throw new Refusal(`The step ${name} is not open: there is nothing to ${instead.kind}.`)
  if (turn.canClose) {
    turn.goesForward(step, { state: 'closing', ask: askToClose(turn, step, forward), instead }, 'asked to close')
    return { ...was, steps: turn.steps }
  }
  putInstead(turn, step, instead, forward.ask.firstSentAt)
  return proceed(turn, { ...was, steps: turn.steps })
}

/** Closing has attempts of its own: one that is asked for again is a newer one. */
function askToClose(turn: Turn, step: SagaStep, { state, ask }: OpenForward): Ask {
  return turn.ask(step, 'close', { ...ask, attempt: state === 'closing' ? ask.attempt + 1 : 1, asked: 0 })
}
