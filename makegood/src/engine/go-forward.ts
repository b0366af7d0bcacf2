import type { SagaStep } from '../definition/saga.ts'
import { timingOf } from '../definition/timing.ts'
import { type Cause, isEngineFailure } from '../model/failure.ts'
import type { Ask, Forward, Input, Instead, Running, SagaState } from '../model/saga-state.ts'
import { retreat, turnBack } from './go-back.ts'
import { deadlinePassed, failedForGood, saysOf, silent, stuck } from './trouble.ts'
import { asksMax, call, inDoubt, isAnswerTo, isOpen, type OpenForward, type Turn } from './turn.ts'

export function goForward(turn: Turn, saga: Running, input: Exclude<Input, { kind: 'request' }>): SagaState {
  switch (input.kind) {
    case 'start':
      return proceed(turn, saga)
    case 'answer':
      return input.direction === 'compensation' ? saga : takeAnswer(turn, saga, input)
    case 'time':
      return lookAtTime(turn, saga)
  }
}

function takeAnswer(turn: Turn, saga: Running, answer: Input & { kind: 'answer' }): SagaState {
  const forward = turn.steps[answer.step]?.forward
  if (forward === undefined || !('ask' in forward) || !isAnswerTo(forward.ask, answer)) return saga
  if (forward.state === 'closing') return answer.direction === 'close' ? takeClosed(turn, saga, forward, answer) : saga
  if (forward.state !== 'open' || answer.direction !== 'forward') return saga

  const step = turn.step(answer.step)
  const { failure: code, payload: details } = answer
  if (code === undefined) {
    turn.goesForward(
      step,
      { state: 'succeeded', reply: details, firstSentAt: forward.ask.firstSentAt },
      'step succeeded',
    )
    return proceed(turn, saga)
  }
  if (step.kind === 'best-effort') {
    turn.goesForward(step, { state: 'failed', code, details }, 'step failed', { code, details })
    return proceed(turn, saga)
  }
  if (code === 'UNPROCESSABLE' && step.kind === 'compensatable')
    return doubt(turn, saga, step, forward.ask, { step: step.name, code, details })
  if (isEngineFailure(code)) return stuck(turn, saga, { code, step: step.name, says: saysOf(code, details) })
  if (step.kind === 'retriable') return pause(turn, saga, step, forward.ask, code, details)
  turn.goesForward(step, { state: 'failed', code, details }, 'step failed', { code, details })
  return proceed(turn, { ...saga, cause: saga.cause ?? { step: step.name, code, details } })
}

/** Opens what comes next, or ends. A stage is over when all its steps are; only then does it go on or back (rule 10). */
export function proceed(turn: Turn, saga: Running): SagaState {
  for (const stage of turn.definition.stages) {
    const isNext = stage.every(step => turn.steps[step.name] === undefined)
    if (isNext && saga.cause !== undefined) break
    if (isNext) for (const step of stage) begin(turn, step)
    if (stage.some(step => isOpen(turn.steps[step.name]?.forward))) return { ...saga, steps: turn.steps }
  }
  if (saga.cause !== undefined) return retreat(turn, saga.cause)
  turn.publishes('completed', turn.replies())
  turn.note('completed')
  return { status: 'completed', steps: turn.steps }
}

function begin(turn: Turn, step: SagaStep): void {
  const replies = turn.repliesBefore(step)
  if (step.when !== undefined && !call<boolean>(step.when, turn.data, replies)) {
    turn.goesForward(step, { state: 'skipped' }, 'step skipped')
    return
  }
  const ask = turn.ask(step, 'forward', undefined)
  turn.goesForward(step, { state: 'open', ask }, 'step sent')
}

/** The step may have run: it is compensated like one that has (rules 9 and 12). */
function doubt(turn: Turn, saga: Running, step: SagaStep, ask: Ask, cause: Cause): SagaState {
  turn.goesForward(step, inDoubt(ask, cause.code), 'step in doubt', { code: cause.code })
  return proceed(turn, { ...saga, cause: saga.cause ?? cause })
}

/** A retriable step was refused: a new attempt, later (rule 2). */
function pause(turn: Turn, saga: Running, step: SagaStep, ask: Ask, code: string, details: unknown): SagaState {
  const later = turn.nextAttempt(ask, timingOf(step).retry)
  if (later === undefined) return stuck(turn, saga, failedForGood(step, code, details))
  turn.goesForward(step, { state: 'pausing', ask: later }, 'step failed', { code, details })
  return { ...saga, steps: turn.steps }
}

function lookAtTime(turn: Turn, saga: Running): SagaState {
  if (saga.deadlineAt !== undefined && saga.deadlineAt <= turn.now) return endAtDeadline(turn, saga)
  let state: SagaState = saga
  for (const step of turn.definition.stages.flat()) {
    const forward = turn.steps[step.name]?.forward
    if (!isOpen(forward) || forward.ask.wakeAt > turn.now) continue
    state = state.status === 'running' ? breakSilence(turn, state, step, forward) : state
  }
  return state
}

function breakSilence(turn: Turn, saga: Running, step: SagaStep, forward: OpenForward): SagaState {
  const { ask } = forward
  if (forward.state === 'pausing') {
    turn.goesForward(step, { state: 'open', ask: turn.ask(step, 'forward', ask) }, 'step sent')
    return { ...saga, steps: turn.steps }
  }
  if (forward.state === 'open' && step.kind === 'compensatable')
    return doubt(turn, saga, step, ask, deadlinePassed(step.name, timingOf(step).deadlineMs))
  if (forward.state === 'open' && step.kind === 'best-effort') {
    turn.goesForward(step, inDoubt(ask, 'DEADLINE_PASSED'), 'step not known')
    return proceed(turn, saga)
  }
  if (ask.asked > asksMax) return stuck(turn, saga, silent(step, ask))
  const again = turn.ask(step, forward.state === 'closing' ? 'close' : 'forward', ask)
  turn.goesForward(step, { ...forward, ask: again }, 'asked again', { asked: again.asked })
  return { ...saga, steps: turn.steps }
}

function endAtDeadline(turn: Turn, saga: Running): SagaState {
  const deadlineMs = turn.definition.deadlineMs ?? 0
  if (pastPivot(turn)) {
    const says = `The whole saga's deadline of ${deadlineMs} ms passed after its pivot: it cannot be compensated.`
    return stuck(turn, { ...saga, deadlineAt: undefined }, { code: 'DEADLINE_PASSED', step: undefined, says })
  }
  return turnBack(turn, saga.cause ?? deadlinePassed('saga', deadlineMs))
}

/** Whether the pivot, or a retriable step, may have taken effect. */
export function pastPivot(turn: Turn): boolean {
  return turn.definition.stages.flat().some(step => {
    if (step.kind !== 'pivot' && step.kind !== 'retriable') return false
    const forward = turn.steps[step.name]?.forward
    return forward !== undefined && forward.state !== 'failed' && forward.state !== 'skipped'
  })
}

function takeClosed(
  turn: Turn,
  saga: Running,
  { instead, ask }: Forward & { state: 'closing' },
  answer: Input & { kind: 'answer' },
): SagaState {
  const step = turn.step(answer.step)
  const { failure: code, payload: reply } = answer
  if (code === 'UNPROCESSABLE') return stuck(turn, saga, { code, step: step.name, says: saysOf(code, reply) })
  if (code === undefined)
    turn.goesForward(step, { state: 'succeeded', reply, firstSentAt: ask.firstSentAt }, 'step had succeeded')
  // It will not run from now on, but may have: if the saga turns back later, it is compensated like one that has.
  else if (code === 'IN_DOUBT' && instead.kind === 'skip')
    turn.goesForward(step, inDoubt(ask, code), 'step skipped', { code })
  else putInstead(turn, step, instead, ask.firstSentAt)
  return proceed(turn, saga)
}

export function putInstead(turn: Turn, step: SagaStep, instead: Instead, firstSentAt: number): void {
  if (instead.kind === 'skip') turn.goesForward(step, { state: 'skipped' }, 'step skipped')
  else turn.goesForward(step, { state: 'succeeded', reply: instead.reply, firstSentAt }, 'step resolved')
}
