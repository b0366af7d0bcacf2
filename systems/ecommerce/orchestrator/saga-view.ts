import type { Cause, JournalEntry, SagaRow } from 'makegood'
import Type, { type Static } from 'typebox'

const Time = Type.String({ format: 'date-time' })
const Failure = Type.Object({ code: Type.String(), reason: Type.String() })

/** One way of a step: there, or back. */
type StepView = Static<typeof StepView>
const StepView = Type.Object({
  name: Type.String(),
  command: Type.String(),
  /** `open` means that it is under way. */
  outcome: Type.Enum(['open', 'succeeded', 'failed', 'in doubt', 'not known', 'skipped']),
  failure: Type.Optional(Failure),
  attempts: Type.Integer(),
  started_at: Time,
  ended_at: Type.Optional(Time),
})

/** How a saga is shown: where it is, and what happened to each step. */
export type SagaView = Static<typeof SagaView>
export const SagaView = Type.Object({
  saga_id: Type.String(),
  order_id: Type.String(),
  status: Type.Enum(['started', 'in_progress', 'completed', 'compensating', 'compensated', 'stuck', 'abandoned']),
  /** Why it is compensated, or waits for a person. */
  failure: Type.Optional(Type.Object({ step: Type.String(), code: Type.String(), reason: Type.String() })),
  started_at: Time,
  updated_at: Time,
  completed_at: Type.Optional(Time),
  steps: Type.Array(StepView),
  compensations: Type.Array(StepView),
})

export function sagaView(saga: SagaRow, journal: readonly TimedEntry[], commands: CommandsOf): SagaView {
  const failure = failureOf(saga)
  return {
    saga_id: saga.id,
    order_id: saga.key,
    status: saga.state.status === 'running' ? 'in_progress' : saga.state.status,
    ...(failure === undefined ? {} : { failure }),
    started_at: time(saga.startedAt),
    updated_at: time(saga.changedAt),
    ...(saga.endedAt === undefined ? {} : { completed_at: time(saga.endedAt) }),
    steps: waysIn(journal, there, step => commands(step).forward),
    compensations: waysIn(journal, back, step => commands(step).compensation),
  }
}

export type TimedEntry = JournalEntry & { readonly at: number }
export type CommandsOf = (step: string) => { readonly forward: string; readonly compensation: string }

/** What a word of the journal says about a step's outcome. */
interface Words {
  readonly [kind: string]: StepView['outcome']
}

const there: Words = {
  'step sent': 'open',
  'step succeeded': 'succeeded',
  'step had succeeded': 'succeeded',
  'step resolved': 'succeeded',
  'step failed': 'failed',
  'step skipped': 'skipped',
  'step in doubt': 'in doubt',
  'step not known': 'not known',
}

const back: Words = {
  'compensation sent': 'open',
  'compensation failed': 'failed',
  'step compensated': 'succeeded',
  'compensation resolved': 'succeeded',
  'compensation skipped': 'skipped',
}

/** The journal is in order of time, and so are the steps that come out. */
function waysIn(journal: readonly TimedEntry[], words: Words, commandOf: (step: string) => string): StepView[] {
  const ways = new Map<string, StepView>()
  for (const { kind, step, detail, at } of journal) {
    const outcome = words[kind]
    if (outcome === undefined || step === undefined) continue
    const known = ways.get(step) ?? { name: step, command: commandOf(step), attempts: 0, started_at: time(at) }
    const { name, command, attempts, started_at } = known
    const failure = outcome === 'failed' ? reasonIn(detail) : undefined
    ways.set(step, {
      name,
      command,
      outcome,
      ...(failure === undefined ? {} : { failure }),
      attempts: outcome === 'open' ? attempts + 1 : Math.max(attempts, 1),
      started_at,
      ...(outcome === 'open' ? {} : { ended_at: time(at) }),
    })
  }
  return [...ways.values()]
}

function failureOf({ state }: SagaRow): SagaView['failure'] {
  switch (state.status) {
    case 'running':
      return state.cause && causeView(state.cause)
    case 'compensating':
    case 'compensated':
      return causeView(state.cause)
    case 'stuck':
      return { step: state.trouble.step ?? '', code: state.trouble.code, reason: state.trouble.says }
    case 'abandoned':
      return { step: 'operator', code: 'ABANDONED', reason: state.reason }
    case 'completed':
      return undefined
  }
}

function causeView({ step, code, details }: Cause): { step: string; code: string; reason: string } {
  return { step, ...reasonIn({ code, details }) }
}

function reasonIn(detail: unknown): { code: string; reason: string } {
  const { code = 'FAILED', details } = (detail ?? {}) as { code?: string; details?: { reason?: unknown } }
  return { code, reason: String(details?.reason ?? code) }
}

function time(at: number): string {
  return new Date(at).toISOString()
}
