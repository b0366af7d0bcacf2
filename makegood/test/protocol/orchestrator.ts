import { notStarted, wakeAtOf } from '../../src/engine/decide.ts'
import type { Decision } from '../../src/engine/decision.ts'
import type { CommandMessage } from '../../src/model/message.ts'
import type { Ask, Input, Request, SagaState, StepAnswer, Steps } from '../../src/model/saga-state.ts'
import { progressOf } from '../../src/model/saga-state.ts'
import type { Protocol } from './protocol.ts'
import type { Scenario } from './scenario.ts'

/** The saga's row, and what its orchestrator has seen. */
export interface Orchestrator {
  readonly state: SagaState
  /** Steps of which a person has said what became of them: nothing is promised of their effects any more. */
  readonly spokenFor: readonly string[]
  /** Answers seen, by the id of their command: only for a mutant, which takes that for theirs. */
  readonly seen: readonly string[]
  /** Set if a decision broke a promise that can be seen on it alone. */
  readonly broken?: string
}

export interface Decided {
  readonly orchestrator: Orchestrator
  readonly sent: readonly CommandMessage[]
}

/** The inbox window is thirty days; one step of the clock is forty. */
export const windowMs = 30 * 86_400_000

export function clockAt(epoch: number): number {
  return Date.UTC(2026, 0, 1) + epoch * 40 * 86_400_000
}

/** What can happen to the saga of a scenario: the real `decide`, with time taken out of the state. */
export class Orchestration {
  readonly #scenario: Scenario
  readonly #protocol: Protocol

  constructor(scenario: Scenario, protocol: Protocol) {
    this.#scenario = scenario
    this.#protocol = protocol
  }

  start(): Decided {
    const state = notStarted(this.#scenario.saga, clockAt(0))
    return this.#decide({ state, spokenFor: [], seen: [] }, { kind: 'start' }, 0)
  }

  answer(before: Orchestrator, answer: StepAnswer, epoch: number): Decided {
    if (this.#protocol.answersHaveOwnIds) return this.#decide(before, { kind: 'answer', ...answer }, epoch)
    const id = `${answer.step}/${answer.direction}/${answer.attempt}`
    if (before.seen.includes(id)) return { orchestrator: before, sent: [] }
    const seen = [...before.seen, id].toSorted()
    return this.#decide({ ...before, seen }, { kind: 'answer', ...answer }, epoch)
  }

  /** Time passes for one of the things that are waited for: any of them, at any moment. */
  time(before: Orchestrator, due: Due, epoch: number): Decided {
    const now = clockAt(epoch)
    const state = withAsks(before.state, (step, ask) => ({
      ...ask,
      wakeAt: due.what === step ? now : now + windowMs,
      asked: due.givenUp ? 1_000 : ask.asked,
    }))
    const deadlineAt = due.what === 'saga' ? now : now + windowMs
    const timed = state.status === 'running' && state.deadlineAt !== undefined ? { ...state, deadlineAt } : state
    return this.#decide({ ...before, state: timed }, { kind: 'time' }, epoch)
  }

  request(before: Orchestrator, request: Request, epoch: number): Decided {
    const decided = this.#decide(before, { kind: 'request', ...request }, epoch)
    const { action } = request
    if (decided.orchestrator.state === before.state || !('step' in action)) return decided
    const spokenFor = [...new Set([...before.spokenFor, action.step])].toSorted()
    return { ...decided, orchestrator: { ...decided.orchestrator, spokenFor } }
  }

  #decide(before: Orchestrator, input: Input, epoch: number): Decided {
    const { saga, canClose } = this.#scenario
    const now = clockAt(epoch)
    const state = input.kind === 'time' ? before.state : withoutTime(before.state, now)
    const decision = this.#protocol.decide({ definition: saga, data: null }, state, input, { now, canClose })
    const broken = promiseBroken(decision, now)
    return {
      orchestrator: {
        state: withoutTime(decision.state, now),
        spokenFor: before.spokenFor,
        seen: before.seen,
        ...(broken === undefined ? {} : { broken }),
      },
      sent: decision.send.map(send => ({
        kind: 'command',
        id: '',
        source: 'orchestrator',
        sentAt: 0,
        correlationId: '',
        causationId: undefined,
        headers: {},
        sagaId: 's',
        ...send,
      })),
    }
  }
}

export interface Due {
  /** A step, or `saga` for the deadline of the whole. */
  readonly what: string
  /** It was asked as often as it ever is. */
  readonly givenUp: boolean
}

/** What waits for time, so that time may pass for it. */
export function dueIn({ state }: Orchestrator): readonly string[] {
  return state.status === 'running' || state.status === 'compensating' ? openIn(state) : []
}

/** What a person could speak for, where no step is named as the trouble. */
export function openIn(state: SagaState): readonly string[] {
  return Object.entries(progressOf(state)).flatMap(([step, { forward, back }]) =>
    'ask' in forward || (back !== undefined && 'ask' in back) ? [step] : [],
  )
}

function promiseBroken({ state, refused }: Decision, now: number): string | undefined {
  if (refused !== undefined) return undefined
  const wakeAt = wakeAtOf(state)
  if ((state.status === 'running' || state.status === 'compensating') && wakeAt === undefined)
    return `the saga is ${state.status} and nothing will wake it`
  if (wakeAt !== undefined && wakeAt <= now) return 'the saga is to be woken in the past'
  if (state.status === 'stuck' && state.trouble.says === '') return 'the saga is stuck and does not say why'
  if (state.status === 'stuck' && state.trouble.code === 'DEFINITION_THREW')
    return `the definition was called with what it was not promised: ${state.trouble.says}`
  return undefined
}

/** Pauses are any time at all, so neither when nor how often something was asked tells two states apart. */
function withoutTime(state: SagaState, now: number): SagaState {
  const timeless = withAsks(state, (_step, ask) => ({ ...ask, wakeAt: now + windowMs, asked: Math.min(ask.asked, 1) }))
  return timeless.status === 'running' && timeless.deadlineAt !== undefined
    ? { ...timeless, deadlineAt: now + windowMs }
    : timeless
}

function withAsks(state: SagaState, change: (step: string, ask: Ask) => Ask): SagaState {
  const names = Object.keys(progressOf(state)).toSorted()
  const steps: Steps = Object.fromEntries(
    names.map(name => {
      const { forward, back } = progressOf(state)[name]!
      return [
        name,
        {
          forward: 'ask' in forward ? { ...forward, ask: change(name, forward.ask) } : forward,
          ...(back === undefined ? {} : { back: 'ask' in back ? { ...back, ask: change(name, back.ask) } : back }),
        },
      ]
    }),
  )
  return state.status === 'stuck' ? { ...state, was: { ...state.was, steps } } : { ...state, steps }
}
