import { serviceOf } from '../definition/message.ts'
import type { Saga, SagaStep } from '../definition/saga.ts'
import { compensationTimingOf, timingOf } from '../definition/timing.ts'
import { textOf } from '../model/errors.ts'
import { type Cause, isEngineFailure } from '../model/failure.ts'
import type { Direction, MessageType, RetryPolicy } from '../model/message.ts'
import type {
  Ask,
  Back,
  Compensating,
  Forward,
  Input,
  Request,
  Running,
  SagaState,
  Steps,
  Stuck,
  Trouble,
} from '../model/saga-state.ts'
import { progressOf } from '../model/saga-state.ts'

/**
 * What a saga does next: pure and total. Every input in every state has an answer; an input that means nothing in a
 * state leaves it as it is. The rules that are meant by number are those of `docs/protocol.md`.
 */
export function decide(saga: DecidedSaga, state: SagaState, input: Input, circumstances: Circumstances): Decision {
  const turn = new Turn(saga, state, circumstances)
  try {
    return turn.end(next(turn, state, input))
  } catch (thrown) {
    if (input.kind === 'request') return { ...nothingHappens(state), refused: textOf(thrown) }
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

/** How often a silent pivot, retriable step, compensation or closing is asked again before a person is called (rule 12). */
const asksMax = 8
/** The longest pause between two of them. */
const silenceMsMax = 24 * 3_600_000

function next(turn: Turn, state: SagaState, input: Input): SagaState {
  if (input.kind === 'request') return grant(turn, state, input)
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

// ── Forward ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function goForward(turn: Turn, saga: Running, input: Exclude<Input, { kind: 'request' }>): SagaState {
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
  if (forward === undefined || !('ask' in forward) || forward.ask.attempt !== answer.attempt) return saga
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
function proceed(turn: Turn, saga: Running): SagaState {
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

function inDoubt(ask: Ask, code: string): Forward {
  return { state: 'in doubt', code, firstSentAt: ask.firstSentAt, attempt: ask.attempt }
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
function pastPivot(turn: Turn): boolean {
  return turn.definition.stages.flat().some(step => {
    if (step.kind !== 'pivot' && step.kind !== 'retriable') return false
    const forward = turn.steps[step.name]?.forward
    return forward !== undefined && forward.state !== 'failed' && forward.state !== 'skipped'
  })
}

// ── Backward ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Goes back from the middle of a stage: what is open now is in doubt. */
function turnBack(turn: Turn, cause: Cause): SagaState {
  for (const step of turn.definition.stages.flat()) {
    const forward = turn.steps[step.name]?.forward
    if (isOpen(forward)) turn.goesForward(step, inDoubt(forward.ask, cause.code), 'step in doubt', { code: cause.code })
  }
  return retreat(turn, cause)
}

function retreat(turn: Turn, cause: Cause): SagaState {
  turn.note('compensating', undefined, cause)
  return undo(turn, { status: 'compensating', steps: turn.steps, cause })
}

/** Compensates stage by stage in reverse order; the steps of one stage at the same time. */
function undo(turn: Turn, saga: Compensating): SagaState {
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

function needsCompensation(turn: Turn, step: SagaStep): boolean {
  const state = turn.steps[step.name]?.forward.state
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

/** A step in doubt is compensated at once only where its own participant judges whether it ran (rules 7 and 8). */
function canCompensateInDoubt(step: SagaStep): boolean {
  const { compensation } = step
  if (compensation === undefined || compensation === 'not needed') return false
  return compensation.inDoubt !== undefined && isJudgedByItsOwn(step)
}

/** Another service has no record of the step: it is told to run the compensation, or not asked at all. */
function isJudgedByItsOwn({ command, compensation }: SagaStep): boolean {
  return typeof compensation !== 'object' || serviceOf(compensation.command.type) === serviceOf(command.type)
}

function goBack(turn: Turn, saga: Compensating, input: Exclude<Input, { kind: 'request' }>): SagaState {
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
  if (back === undefined || back.state === 'done' || back.ask.attempt !== answer.attempt) return saga
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

// ── Stuck, and what a person asks for ───────────────────────────────────────────────────────────────────────────────

function stuck(turn: Turn, was: Running | Compensating, trouble: Trouble): Stuck {
  turn.note('stuck', trouble.step, trouble)
  return { status: 'stuck', was: { ...was, steps: turn.steps }, trouble, undecided: undefined }
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

/** The answer that it is stuck for sets a saga going again; what else was open beside it is taken in, and it waits on. */
function resume(turn: Turn, saga: Stuck, answer: Input & { kind: 'answer' }): SagaState {
  const state = next(turn, saga.was, answer)
  if (state === saga.was) return saga
  const { step } = saga.trouble
  const isAboutAnother = step !== undefined && step !== answer.step
  const goesOn = state.status === 'running' || state.status === 'compensating'
  return goesOn && isAboutAnother ? { ...saga, was: state } : state
}

function grant(turn: Turn, state: SagaState, request: Input & { kind: 'request' }): SagaState {
  const { action } = request
  turn.note('requested', 'step' in action ? action.step : undefined, request)
  switch (action.kind) {
    case 'retry':
      return retry(turn, active(state, action.kind), state.status === 'stuck' ? state.undecided : undefined)
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
function retry(turn: Turn, was: Running | Compensating, undecided: Input | undefined): SagaState {
  if (undecided !== undefined) return next(turn, was, undecided)
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
function replaceStep(
  turn: Turn,
  was: Running | Compensating,
  name: string,
  instead: (Forward & { state: 'closing' })['instead'],
): SagaState {
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

function putInstead(
  turn: Turn,
  step: SagaStep,
  instead: (Forward & { state: 'closing' })['instead'],
  firstSentAt: number,
): void {
  if (instead.kind === 'skip') turn.goesForward(step, { state: 'skipped' }, 'step skipped')
  else turn.goesForward(step, { state: 'succeeded', reply: instead.reply, firstSentAt }, 'step resolved')
}

// ── Sentences for the person on call ────────────────────────────────────────────────────────────────────────────────

function saysOf(code: string, details: unknown): string {
  const text = typeof details === 'object' && details !== null && 'error' in details ? `: ${String(details.error)}` : ''
  switch (code) {
    case 'UNPROCESSABLE':
      return `Its message is a dead letter at the participant${text}. Mend the reason and redrive it, or retry.`
    case 'EXPIRED':
      return 'The participant has no record of it any more: find out whether it ran, then resolve or skip it.'
    default:
      return `The participant answered ${code}${text}.`
  }
}

function doubtForGood(step: SagaStep): Trouble {
  const says = `Whether the step ran is not known, and its compensation has no payload for that (inDoubt). Find out, then resolve or skip it.`
  return { code: 'IN_DOUBT', step: step.name, says }
}

function failedForGood(step: SagaStep, code: string, details: unknown): Trouble {
  return {
    code: 'FAILED',
    step: step.name,
    says: `Refused with ${code} in all its attempts: ${JSON.stringify(details ?? null)}`,
  }
}

function silent(step: SagaStep, ask: Ask): Trouble {
  return {
    code: 'SILENT',
    step: step.name,
    says: `No answer to ${ask.asked} messages since ${new Date(ask.firstSentAt).toISOString()}.`,
  }
}

function deadlinePassed(step: string, deadlineMs: number): Cause {
  return { step, code: 'DEADLINE_PASSED', details: { deadlineMs } }
}

// ── One turn: what is written while deciding ────────────────────────────────────────────────────────────────────────

class Turn {
  readonly definition: Saga
  readonly data: unknown
  readonly now: number
  readonly canClose: boolean
  steps: Steps
  readonly #send: CommandToSend[] = []
  readonly #publish: EventToPublish[] = []
  readonly #journal: Transition[] = []

  constructor({ definition, data }: DecidedSaga, state: SagaState, { now, canClose }: Circumstances) {
    this.definition = definition
    this.data = data
    this.now = now
    this.canClose = canClose
    this.steps = progressOf(state)
  }

  end(state: SagaState): Decision {
    return { state, send: this.#send, publish: this.#publish, journal: this.#journal }
  }

  note(kind: string, step?: string, detail?: unknown): void {
    this.#journal.push({ kind, step, detail })
  }

  goesForward(step: SagaStep, forward: Forward, kind: string, detail?: unknown): void {
    this.steps = { ...this.steps, [step.name]: { ...this.steps[step.name], forward } }
    this.note(kind, step.name, detail ?? ('ask' in forward ? { attempt: forward.ask.attempt } : undefined))
  }

  goesBack(step: SagaStep, back: Back, kind: string, detail?: unknown): void {
    const before = this.steps[step.name]
    if (before === undefined) throw new Error(`The step ${step.name} has not begun and cannot be compensated.`)
    this.steps = { ...this.steps, [step.name]: { ...before, back } }
    this.note(kind, step.name, detail ?? ('ask' in back ? { attempt: back.ask.attempt } : undefined))
  }

  forgetBack(step: SagaStep): void {
    const before = this.steps[step.name]
    if (before !== undefined) this.steps = { ...this.steps, [step.name]: { forward: before.forward } }
  }

  replaceAsk(step: SagaStep, side: 'forward' | 'compensation', ask: Ask): void {
    const before = this.steps[step.name]
    if (side === 'forward' && before !== undefined && 'ask' in before.forward) {
      this.goesForward(
        step,
        before.forward.state === 'closing' ? { ...before.forward, ask } : { state: 'open', ask },
        'asked again',
      )
    } else if (before?.back !== undefined && before.back.state !== 'done') {
      this.goesBack(step, { state: before.back.state === 'closing' ? 'closing' : 'open', ask }, 'asked again')
    }
  }

  /** Sends a step's command, its compensation or the request to close it; `before` is what was asked so far. */
  ask(step: SagaStep, direction: Direction, before: Ask | undefined, cause?: Cause): Ask {
    const { deadlineMs, retry } = direction === 'compensation' ? compensationTimingOf(step) : timingOf(step)
    const asked = (before?.asked ?? 0) + 1
    const ask: Ask = {
      attempt: before?.attempt ?? 1,
      asked,
      firstSentAt: before?.firstSentAt ?? this.now,
      wakeAt: this.now + Math.min(deadlineMs * 2 ** (asked - 1), Math.max(deadlineMs, silenceMsMax)),
    }
    const compensation = typeof step.compensation === 'object' ? step.compensation : undefined
    const succeeded = this.steps[step.name]?.forward.state === 'succeeded'
    this.#send.push({
      type: direction === 'compensation' && compensation !== undefined ? compensation.command.type : step.command.type,
      step: step.name,
      direction,
      attempt: ask.attempt,
      payload: this.#payload(step, direction, succeeded, cause),
      firstSentAt: ask.firstSentAt,
      stepFirstSentAt: direction === 'forward' ? ask.firstSentAt : this.firstSentAt(step),
      stepSucceeded: direction === 'compensation' && (succeeded || !isJudgedByItsOwn(step)),
      retry,
    })
    return ask
  }

  #payload(step: SagaStep, direction: Direction, succeeded: boolean, cause: Cause | undefined): unknown {
    const before = this.repliesBefore(step)
    if (direction === 'close') return undefined
    if (direction === 'forward') return call(step.payload, this.data, before)
    const compensation = typeof step.compensation === 'object' ? step.compensation : undefined
    if (succeeded) return call(compensation?.payload, this.data, { ...before, ...this.replies(step) }, cause)
    return call(compensation?.inDoubt, this.data, before, cause)
  }

  /** The attempt after a refusal, or undefined when the policy is used up. */
  nextAttempt(ask: Ask, retry: RetryPolicy): Ask | undefined {
    const pauseMs = Math.min(retry.firstDelayMs * 2 ** (ask.attempt - 1), retry.delayMsMax)
    const wakeAt = this.now + pauseMs
    if (wakeAt > ask.firstSentAt + retry.forMs || (retry.attempts !== undefined && ask.attempt >= retry.attempts))
      return undefined
    return { attempt: ask.attempt + 1, asked: 0, firstSentAt: ask.firstSentAt, wakeAt }
  }

  step(name: string): SagaStep {
    const step = this.definition.stages.flat().find(other => other.name === name)
    if (step === undefined)
      throw new Refusal(`The saga ${this.definition.name} ${this.definition.version} has no step ${name}.`)
    return step
  }

  firstSentAt(step: SagaStep): number {
    const forward = this.steps[step.name]?.forward
    if (forward === undefined) return this.now
    if ('ask' in forward) return forward.ask.firstSentAt
    return 'firstSentAt' in forward ? forward.firstSentAt : this.now
  }

  /** An operator may have had it closed already: what is asked now is not to look older than that. */
  closedBefore(step: SagaStep): Ask | undefined {
    const forward = this.steps[step.name]?.forward
    if (forward?.state !== 'in doubt') return undefined
    return { attempt: forward.attempt, asked: 0, firstSentAt: forward.firstSentAt, wakeAt: this.now }
  }

  repliesBefore(step: SagaStep): Replies {
    const stages = this.definition.stages
    return this.#repliesOf(
      stages
        .slice(
          0,
          stages.findIndex(stage => stage.includes(step)),
        )
        .flat(),
    )
  }

  replies(...of: readonly SagaStep[]): Replies {
    return this.#repliesOf(of.length === 0 ? this.definition.stages.flat() : of)
  }

  #repliesOf(steps: readonly SagaStep[]): Replies {
    return Object.fromEntries(
      steps.map(({ name }) => {
        const forward = this.steps[name]?.forward
        return [name, forward?.state === 'succeeded' ? forward.reply : undefined]
      }),
    )
  }

  publishes(end: 'completed' | 'compensated', second: unknown): void {
    const ends = this.definition.ends[end]
    if (ends !== undefined)
      this.#publish.push({ type: ends.event.type, payload: call(ends.payload, this.data, second) })
  }
}

interface Replies {
  readonly [step: string]: unknown
}

/** A request that cannot be granted; its message is the reason. */
class Refusal extends Error {}

type OpenForward = Extract<Forward, { readonly ask: Ask }>

function isOpen(forward: Forward | undefined): forward is OpenForward {
  return forward !== undefined && 'ask' in forward
}

function openAsks(
  steps: Steps,
): readonly { step: string; side: 'forward' | 'compensation'; state: string; ask: Ask }[] {
  return Object.entries(steps).flatMap(([step, { forward, back }]) => [
    ...('ask' in forward ? [{ step, side: 'forward' as const, state: forward.state, ask: forward.ask }] : []),
    ...(back !== undefined && 'ask' in back
      ? [{ step, side: 'compensation' as const, state: back.state, ask: back.ask }]
      : []),
  ])
}

function nothingHappens(state: SagaState): Decision {
  return { state, send: [], publish: [], journal: [] }
}

function call<Result>(written: ((...args: never[]) => unknown) | undefined, ...args: unknown[]): Result {
  return (written as (...args: unknown[]) => Result)(...args)
}
