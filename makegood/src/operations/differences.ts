import { type Direction, stepIdentity } from '../model/message.ts'
import { progressOf, type SagaState, type StepState } from '../model/saga-state.ts'
import type { SagaFound } from './client.ts'
import type { Definitions, SagaDefinitionView, StepView } from './contract.ts'

/**
 * What a saga and the services that took part in it do not remember alike. It cannot be while all databases keep what
 * they acknowledged; after one was restored to an earlier time it is what asking again does not mend.
 */
export interface Difference {
  readonly kind: DifferenceKind
  /** The participant. */
  readonly service: string
  /** The step, or the type of the event. Empty for a saga that nobody leads. */
  readonly what: string
}

export type DifferenceKind =
  /** The saga knows that the step succeeded, and its service has no record of it. */
  | 'forgotten'
  /** The service has done the step, and the saga is over without it: never asked for, or undone, as far as it knows. */
  | 'not undone'
  /** The saga has ended with an event, and the service that reacts to it has not received it. */
  | 'unheard'
  /** It has received that event more than once, under different ids, and reacted to each. */
  | 'heard twice'
  /** The service was asked for steps of a saga that nobody leads. */
  | 'unknown'

/** Who hosts what, of the services that answered. */
export interface Hosting extends Pick<Definitions, 'sagas' | 'commands' | 'events'> {
  readonly service: string
}

/**
 * Of a step that is open nothing is said: its answer may be on its way. Of a saga that was abandoned nothing either, and
 * of a definition that nobody hosts any more.
 */
export function differencesIn(saga: SagaFound, hosting: readonly Hosting[]): readonly Difference[] {
  const definition = hosting
    .flatMap(({ sagas }) => sagas)
    .find(({ name, version }) => name === saga.definition && version === saga.version)
  if (definition === undefined || saga.status === 'abandoned') return []
  const steps = progressOf(saga.state as SagaState)
  return [
    ...definition.stages.flat().flatMap(step => stepDifferences(saga, step, steps[step.name], hosting)),
    ...eventDifferences(saga, definition, hosting),
  ]
}

function stepDifferences(
  saga: SagaFound,
  step: StepView,
  state: StepState | undefined,
  hosting: readonly Hosting[],
): readonly Difference[] {
  const host = hosting.find(({ commands }) => commands.includes(step.command))
  if (host === undefined) return []
  const isInEffect = state?.forward.state === 'succeeded' && state.back === undefined
  const record = recordOf(saga, step, 'forward')
  const difference = (kind: DifferenceKind) => [{ kind, service: host.service, what: step.name }]
  if (isInEffect) return record === undefined ? difference('forgotten') : []
  const isUndone = recordOf(saga, step, 'compensation') === 'succeeded'
  const canBeUndone = step.kind !== 'best-effort' && step.compensation !== 'not needed'
  const isLeft = record === 'succeeded' && !isUndone && canBeUndone
  return isLeft && saga.endedAt !== null ? difference('not undone') : []
}

function eventDifferences(
  saga: SagaFound,
  { ends }: SagaDefinitionView,
  hosting: readonly Hosting[],
): readonly Difference[] {
  const event = saga.status === 'completed' || saga.status === 'compensated' ? ends[saga.status] : null
  if (event === null) return []
  return hosting
    .filter(({ events }) => events.includes(event))
    .flatMap(({ service }): readonly Difference[] => {
      const received = saga.messages.filter(
        message => message.service === service && message.kind === 'event' && message.type === event,
      )
      if (received.length === 1) return []
      return [{ kind: received.length === 0 ? 'unheard' : 'heard twice', service, what: event }]
    })
}

/** What became of a command, wherever it was handled. */
function recordOf(saga: SagaFound, { name }: StepView, direction: Direction): string | undefined {
  const identity = stepIdentity({ sagaId: saga.id, step: name }, direction)
  return saga.messages.find(message => message.kind === 'command' && message.identity === identity)?.state
}
