import type { Saga } from '../definition/saga.ts'
import { textOf } from '../model/errors.ts'
import type { Input, Running, SagaState, Stuck, Trouble } from '../model/saga-state.ts'
import type { Circumstances, DecidedSaga, Decision } from './decision.ts'
import { goBack } from './go-back.ts'
import { goForward } from './go-forward.ts'
import { grant } from './requests.ts'
import { openAsks, Refusal, Turn } from './turn.ts'

/**
 * What a saga does next: pure and total. Every input in every state has an answer; an input that means nothing in a
 * state leaves it as it is. The rules that are meant by number are those of `docs/protocol.md`.
 */
export function decide(saga: DecidedSaga, state: SagaState, input: Input, circumstances: Circumstances): Decision {
  const turn = new Turn(saga, state, circumstances)
  try {
    return turn.end(next(turn, state, input))
  } catch (thrown) {
    if (input.kind === 'request') return { ...nothingHappens(state), refused: whyNot(thrown) }
    return stuckOnDefinition(state, input, thrown)
  }
}

/** The state of a saga before its first step; `decide` takes it on with the input `start`. */
export function notStarted(definition: Saga, now: number): Running {
  const { deadlineMs } = definition
  return {
    status: 'running',
    steps: {},
    deadlineAt: deadlineMs === undefined ? undefined : now + deadlineMs,
    cause: undefined,
  }
}

/** When time is to be looked at again: the earliest of what is open, or never if nothing but a person can go on. */
export function wakeAtOf(state: SagaState): number | undefined {
  if (state.status !== 'running' && state.status !== 'compensating') return undefined
  const times = openAsks(state.steps).map(({ ask }) => ask.wakeAt)
  if (state.status === 'running' && state.deadlineAt !== undefined) times.push(state.deadlineAt)
  return times.length === 0 ? undefined : Math.min(...times)
}

function next(turn: Turn, state: SagaState, input: Input): SagaState {
  if (input.kind === 'request') return grant(turn, state, input, (was, undecided) => next(turn, was, undecided))
  switch (state.status) {
    case 'running':
      return goForward(turn, state, input)
    case 'compensating':
      return goBack(turn, state, input)
    case 'stuck':
      return input.kind === 'answer' ? resume(turn, state, input) : state
    case 'completed':
    case 'compensated':
    case 'abandoned':
      return state
  }
}

/** The answer that it is stuck for sets a saga going again; what else was open beside it is taken in, and it waits on. */
function resume(turn: Turn, saga: Stuck, answer: Input & { kind: 'answer' }): SagaState {
  const state = next(turn, saga.was, answer)
  if (state === saga.was) return saga
  const { step } = saga.trouble
  const isAboutAnother = step !== undefined && step !== answer.step
  const goesOn = state.status === 'running' || state.status === 'compensating'
  return goesOn && isAboutAnother ? { ...saga, was: state } : state
}

function whyNot(thrown: unknown): string {
  if (thrown instanceof Refusal) return thrown.message
  return `The saga's own code cannot go on from there (${textOf(thrown)}): a step after it may need what this one replies. Resolve it with that reply instead.`
}

/** The definition's own code threw: nothing is done, and the same input is decided again on retry (rule 13). */
function stuckOnDefinition(state: SagaState, input: Input, thrown: unknown): Decision {
  const was = state.status === 'stuck' ? state.was : state
  if (was.status !== 'running' && was.status !== 'compensating') throw thrown
  const trouble: Trouble = {
    code: 'DEFINITION_THREW',
    step: input.kind === 'answer' ? input.step : undefined,
    says: textOf(thrown),
  }
  return {
    ...nothingHappens({ status: 'stuck', was, trouble, undecided: input }),
    journal: [{ kind: 'stuck', step: trouble.step, detail: trouble }],
  }
}

function nothingHappens(state: SagaState): Decision {
  return { state, send: [], publish: [], journal: [] }
}
