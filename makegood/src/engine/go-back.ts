import type { Saga, SagaStep } from '../definition/saga.ts'
import { compensationTimingOf } from '../definition/timing.ts'
import { type Cause, isEngineFailure } from '../model/failure.ts'
import type { Compensating, Input, SagaState, Steps, Trouble } from '../model/saga-state.ts'
import { canCompensateInDoubt } from './in-doubt.ts'
import { doubtForGood, failedForGood, saysOf, silent, stuck } from './trouble.ts'
import { asksMax, inDoubt, isAnswerTo, isOpen, type Turn } from './turn.ts'

export function goBack(turn: Turn, saga: Compensating, input: Exclude<Input, { kind: 'request' }>): SagaState {
  switch (input.kind) {
    case 'start':
      return saga
    case 'answer':
      return takeBackAnswer(turn, saga, input)
    case 'time':
      return lookBackAtTime(turn, saga)
  }
}

function takeBackAnswer(turn: Turn, saga: Compensating, answer: Input & { kind: 'answer' }): SagaState {
  const back = turn.steps[answer.step]?.back
  if (back === undefined || back.state === 'done' || !isAnswerTo(back.ask, answer)) return saga
  const step = turn.step(answer.step)
  if (back.state === 'closing') return answer.direction === 'close' ? takeBackClosed(turn, saga, step, answer) : saga
  if (back.state !== 'open' || answer.direction !== 'compensation') return saga

  const { failure: code, payload: details } = answer
  if (code === undefined) {
    turn.goesBack(step, { state: 'done' }, 'step compensated')
    return undo(turn, saga)
  }
  if (isEngineFailure(code)) return stuck(turn, saga, { code, step: step.name, says: saysOf(code, details) })
  const later = turn.nextAttempt(back.ask, compensationTimingOf(step).retry)
  if (later === undefined) return stuck(turn, saga, failedForGood(step, code, details))
  turn.goesBack(step, { state: 'pausing', ask: later }, 'compensation failed', { code, details })
  return { ...saga, steps: turn.steps }
}

/** The participant has said whether a step in doubt ran (rule 8). */
function takeBackClosed(turn: Turn, saga: Compensating, step: SagaStep, answer: Input & { kind: 'answer' }): SagaState {
  const { failure: code, payload } = answer
  if (code === 'EXPIRED' || code === 'UNPROCESSABLE')
    return stuck(turn, saga, { code, step: step.name, says: saysOf(code, payload) })
  if (code === 'IN_DOUBT') {
    if (step.compensation === 'not needed') {
      turn.goesBack(step, { state: 'done' }, 'step compensated')
      return undo(turn, saga)
    }
    if (step.compensation?.inDoubt === undefined) return stuck(turn, saga, doubtForGood(step))
    turn.goesBack(
      step,
      { state: 'open', ask: turn.ask(step, 'compensation', undefined, saga.cause) },
      'compensation sent',
    )
    return { ...saga, steps: turn.steps }
  }
  turn.forgetBack(step)
  if (code === undefined)
    turn.goesForward(
      step,
      { state: 'succeeded', reply: payload, firstSentAt: turn.firstSentAt(step) },
      'step had succeeded',
    )
  else turn.goesForward(step, { state: 'failed', code, details: payload }, 'step had not run', { code })
  return undo(turn, saga)
}

function lookBackAtTime(turn: Turn, saga: Compensating): SagaState {
  for (const step of turn.definition.stages.flat()) {
    const back = turn.steps[step.name]?.back
    if (back === undefined || back.state === 'done' || back.ask.wakeAt > turn.now) continue
    if (back.state !== 'pausing' && back.ask.asked > asksMax)
      return stuck(turn, { ...saga, steps: turn.steps }, silent(step, back.ask))
    const ask = turn.ask(step, back.state === 'closing' ? 'close' : 'compensation', back.ask, saga.cause)
    turn.goesBack(step, { state: back.state === 'closing' ? 'closing' : 'open', ask }, 'asked again', {
      asked: ask.asked,
    })
  }
  return turn.steps === saga.steps ? saga : { ...saga, steps: turn.steps }
}

/** Goes back from the middle of a stage: what is open now is in doubt. */
export function turnBack(turn: Turn, cause: Cause): SagaState {
  for (const step of turn.definition.stages.flat()) {
    const forward = turn.steps[step.name]?.forward
    if (isOpen(forward)) turn.goesForward(step, inDoubt(forward.ask, cause.code), 'step in doubt', { code: cause.code })
  }
  return retreat(turn, cause)
}

export function retreat(turn: Turn, cause: Cause): SagaState {
  turn.note('compensating', undefined, cause)
  return undo(turn, { status: 'compensating', steps: turn.steps, cause })
}

/** Compensates stage by stage in reverse order; the steps of one stage at the same time. */
export function undo(turn: Turn, saga: Compensating): SagaState {
  for (const stage of turn.definition.stages.toReversed()) {
    for (const step of stage) {
      if (!needsCompensation(turn, step) || turn.steps[step.name]?.back !== undefined) continue
      const trouble = beginBack(turn, step, saga.cause)
      if (trouble !== undefined) return stuck(turn, { ...saga, steps: turn.steps }, trouble)
    }
    if (stage.some(step => needsCompensation(turn, step) && turn.steps[step.name]?.back?.state !== 'done'))
      return { ...saga, steps: turn.steps }
  }
  turn.publishes('compensated', saga.cause)
  turn.note('compensated')
  return { status: 'compensated', steps: turn.steps, cause: saga.cause }
}

/** The steps that are left to be undone, in the order in which they are: those of one stage beside each other. */
export function stillToUndo({ stages }: Saga, saga: Compensating): readonly (readonly string[])[] {
  const isLeft = (step: SagaStep) =>
    needsCompensation(saga, step) && step.compensation !== 'not needed' && saga.steps[step.name]?.back?.state !== 'done'
  return stages
    .toReversed()
    .map(stage => stage.filter(isLeft).map(({ name }) => name))
    .filter(names => names.length > 0)
}

export function needsCompensation({ steps }: { readonly steps: Steps }, step: SagaStep): boolean {
  const state = steps[step.name]?.forward.state
  return step.kind === 'compensatable' && (state === 'succeeded' || state === 'in doubt')
}

function beginBack(turn: Turn, step: SagaStep, cause: Cause): Trouble | undefined {
  const forward = turn.steps[step.name]?.forward
  const { compensation } = step
  const nothingToSend = compensation === undefined || compensation === 'not needed'
  if (nothingToSend && (forward?.state === 'succeeded' || !turn.canClose)) {
    turn.goesBack(step, { state: 'done' }, 'step compensated')
  } else if (forward?.state === 'succeeded' || canCompensateInDoubt(step)) {
    turn.goesBack(step, { state: 'open', ask: turn.ask(step, 'compensation', undefined, cause) }, 'compensation sent')
  } else if (turn.canClose) {
    turn.goesBack(step, { state: 'closing', ask: turn.ask(step, 'close', turn.closedBefore(step)) }, 'asked to close')
  } else {
    return doubtForGood(step)
  }
  return undefined
}
