import type { Cause } from './failure.ts'
import type { SagaState, Steps } from './saga-state.ts'

/** The state with each of its payloads changed: replies, details of failures, and what is still to be decided. */
export function withPayloads<State extends SagaState>(state: State, change: Change): State
export function withPayloads(state: SagaState, change: Change): SagaState {
  switch (state.status) {
    case 'running':
      return { ...state, steps: inSteps(state.steps, change), cause: state.cause && inCause(state.cause, change) }
    case 'compensating':
    case 'compensated':
      return { ...state, steps: inSteps(state.steps, change), cause: inCause(state.cause, change) }
    case 'stuck': {
      const undecided = state.undecided && (change(state.undecided) as typeof state.undecided)
      return { ...state, was: withPayloads(state.was, change), undecided }
    }
    case 'completed':
    case 'abandoned':
      return { ...state, steps: inSteps(state.steps, change) }
  }
}

/** What users have put into a state. */
export function payloadsIn(state: SagaState): readonly unknown[] {
  const payloads: unknown[] = []
  withPayloads(state, payload => {
    payloads.push(payload)
    return payload
  })
  return payloads
}

type Change = (payload: unknown) => unknown

function inSteps(steps: Steps, change: Change): Steps {
  return Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [name, { ...step, forward: inForward(step.forward, change) }]),
  )
}

function inForward(forward: Steps[string]['forward'], change: Change): Steps[string]['forward'] {
  switch (forward.state) {
    case 'succeeded':
      return { ...forward, reply: change(forward.reply) }
    case 'failed':
      return { ...forward, details: change(forward.details) }
    case 'closing':
      if (forward.instead.kind === 'skip') return forward
      return { ...forward, instead: { ...forward.instead, reply: change(forward.instead.reply) } }
    case 'open':
    case 'pausing':
    case 'in doubt':
    case 'skipped':
      return forward
  }
}

function inCause(cause: Cause, change: Change): Cause {
  return { ...cause, details: change(cause.details) }
}
