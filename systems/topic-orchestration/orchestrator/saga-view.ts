import { type JournalEntry, progressOf, type SagaRow, type SagaState, type StepState } from 'makegood'
import Type, { type Static } from 'typebox'

const Time = Type.String({ format: 'date-time' })

const StepView = Type.Object({
  step: Type.String(),
  status: Type.Enum(['SUCCESS', 'FAILED', 'COMPENSATED', 'IN_DOUBT']),
  timestamp: Time,
  /** What the participant answered, be it yes or no; of a step in doubt, why. */
  result: Type.Unknown(),
})

/** How a saga is shown. */
export type SagaView = Static<typeof SagaView>
export const SagaView = Type.Object({
  id: Type.Integer(),
  saga_id: Type.String(),
  /** None yet, before the order service has answered. */
  order_id: Type.Union([Type.Integer(), Type.Null()]),
  status: Type.Enum(['STARTED', 'PROCESSING', 'COMPLETED', 'FAILED']),
  current_step: Type.Enum([
    'INIT',
    'CHECK_STOCK',
    'CHECK_BALANCE',
    'UPDATE_BALANCE',
    'UPDATE_STOCK',
    'UPDATE_ORDER',
    'DONE',
  ]),
  step_history: Type.Object({ steps: Type.Array(StepView) }),
  created_at: Time,
  updated_at: Time,
})

/** What the orchestrator's own table has of a saga. */
export type SagaKeys = Pick<SagaView, 'id' | 'saga_id' | 'order_id'>

export type TimedEntry = JournalEntry & { readonly at: number }

export function sagaView(keys: SagaKeys, saga: SagaRow, journal: readonly TimedEntry[]): SagaView {
  return {
    ...keys,
    status: statusOf(saga.state),
    current_step: currentStep(saga.state),
    step_history: { steps: journal.flatMap(entry => stepIn(entry, saga.state)) },
    created_at: time(saga.startedAt),
    updated_at: time(saga.changedAt),
  }
}

function statusOf(state: SagaState): SagaView['status'] {
  switch (state.status) {
    case 'completed':
      return 'COMPLETED'
    case 'compensated':
    case 'abandoned':
      return 'FAILED'
    case 'running':
    case 'compensating':
    case 'stuck':
      return progressOf(state)['create_order']?.forward.state === 'succeeded' ? 'PROCESSING' : 'STARTED'
  }
}

/** The steps in running order, as they are called outside, and what shows that one is undone, if it needs that. */
const steps: readonly ShownStep[] = [
  { name: 'create_order', shown: 'INIT', undone: 'UPDATE_ORDER' },
  { name: 'check_stock', shown: 'CHECK_STOCK' },
  { name: 'check_balance', shown: 'CHECK_BALANCE' },
  { name: 'update_balance', shown: 'UPDATE_BALANCE', undone: 'UPDATE_BALANCE' },
  { name: 'update_stock', shown: 'UPDATE_STOCK', undone: 'UPDATE_STOCK' },
  { name: 'update_order', shown: 'UPDATE_ORDER' },
]

interface ShownStep {
  readonly name: string
  readonly shown: SagaView['current_step']
  readonly undone?: SagaView['current_step']
}

/** How far it has come: of one that failed, where it did. */
function currentStep(state: SagaState): SagaView['current_step'] {
  if (state.status === 'completed') return 'DONE'
  const begun = progressOf(state)
  return steps.findLast(({ name }) => name in begun)?.shown ?? 'INIT'
}

type StepView = Static<typeof StepView>

const outcomes: { readonly [kind: string]: StepView['status'] } = {
  'step succeeded': 'SUCCESS',
  'step failed': 'FAILED',
  'step in doubt': 'IN_DOUBT',
  'step compensated': 'COMPENSATED',
}

function stepIn({ kind, step: name, detail, at }: TimedEntry, state: SagaState): StepView[] {
  const status = outcomes[kind]
  const step = steps.find(step => step.name === name)
  const shown = status === 'COMPENSATED' ? step?.undone : step?.shown
  if (status === undefined || step === undefined || shown === undefined) return []
  const answered = status === 'SUCCESS' || status === 'FAILED'
  const result = answered ? answerIn(progressOf(state)[step.name]?.forward) : (detail ?? null)
  return [{ step: shown, status, timestamp: time(at), result }]
}

function answerIn(forward: StepState['forward'] | undefined): unknown {
  if (forward?.state === 'succeeded') return forward.reply
  if (forward?.state === 'failed') return forward.details
  return null
}

function time(at: number): string {
  return new Date(at).toISOString()
}
