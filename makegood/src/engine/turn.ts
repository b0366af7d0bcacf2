import type { Saga, SagaStep } from '../definition/saga.ts'
import { compensationTimingOf, timingOf } from '../definition/timing.ts'
import type { Cause } from '../model/failure.ts'
import type { Direction, RetryPolicy } from '../model/message.ts'
import { type Ask, type Back, type Forward, progressOf, type SagaState, type Steps } from '../model/saga-state.ts'
import type { Circumstances, CommandToSend, DecidedSaga, Decision, EventToPublish, Transition } from './decision.ts'
import { isJudgedByItsOwn } from './in-doubt.ts'

export class Turn {
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

/** How often a silent pivot, retriable step, compensation or closing is asked again before a person is called (rule 12). */
export const asksMax = 8
/** The longest pause between two of them. */
const silenceMsMax = 24 * 3_600_000

interface Replies {
  readonly [step: string]: unknown
}

/** A request that cannot be granted; its message is the reason. */
export class Refusal extends Error {}

export type OpenForward = Extract<Forward, { readonly ask: Ask }>

/** One that names no attempt, of a participant that knows of none, is taken for the answer to what was asked last. */
export function isAnswerTo(ask: Ask, { attempt }: { readonly attempt: number | undefined }): boolean {
  return attempt === undefined || attempt === ask.attempt
}

export function isOpen(forward: Forward | undefined): forward is OpenForward {
  return forward !== undefined && 'ask' in forward
}

export function openAsks(
  steps: Steps,
): readonly { step: string; side: 'forward' | 'compensation'; state: string; ask: Ask }[] {
  return Object.entries(steps).flatMap(([step, { forward, back }]) => [
    ...('ask' in forward ? [{ step, side: 'forward' as const, state: forward.state, ask: forward.ask }] : []),
    ...(back !== undefined && 'ask' in back
      ? [{ step, side: 'compensation' as const, state: back.state, ask: back.ask }]
      : []),
  ])
}

export function inDoubt(ask: Ask, code: string): Forward {
  return { state: 'in doubt', code, firstSentAt: ask.firstSentAt, attempt: ask.attempt }
}

export function call<Result>(written: ((...args: never[]) => unknown) | undefined, ...args: unknown[]): Result {
  return (written as (...args: unknown[]) => Result)(...args)
}
