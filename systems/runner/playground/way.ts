import { type Choreography, progressOf, type Saga, type SagaRow, type SagaStep, type StepState } from 'makegood'
import type { WayStep } from 'makegood-console'

/** How far an order has come: its steps, and who has to answer before it goes on. */
export interface Way {
  readonly steps: readonly WayStep[]
  /** Services by name; those that are asked for something at present. */
  readonly asked: readonly string[]
}

/** Of a saga that somebody leads: its steps as they are defined. `handles` says who handles a command. */
export function wayOfSaga({ stages }: Saga, { state }: SagaRow, handles: (command: string) => string): Way {
  const progress = progressOf(state)
  const isOver = state.status !== 'running' && state.status !== 'compensating' && state.status !== 'stuck'
  const all = stages.flat()
  return {
    steps: all.map(({ name }) => ({ name, state: stateOf(progress[name], isOver) })),
    asked: all.flatMap(step => commandsAsked(step, progress[step.name])).map(handles),
  }
}

/** Of one that nobody leads: what was told so far, and who is to react to it. */
export function wayOfInstance({ leads }: Choreography, { state }: SagaRow): Way {
  const progress = Object.entries(progressOf(state))
  const isOpen = (from: string, service: string) =>
    progress.some(([name, { forward }]) => name === `${from} in ${service}` && forward.state === 'open')
  const open = leads.filter(({ from, in: service }) => isOpen(from.type, service))
  const told = progress.flatMap(([name, { forward }]) =>
    forward.state === 'succeeded' && !name.includes(' in ') ? [{ name, at: forward.firstSentAt }] : [],
  )
  return {
    steps: [
      ...told.sort((one, other) => one.at - other.at).map(({ name }): WayStep => ({ name, state: 'done' })),
      ...open.map(({ in: service }): WayStep => ({ name: service, state: 'open' })),
    ],
    asked: open.map(lead => lead.in),
  }
}

function stateOf(step: StepState | undefined, isOver: boolean): WayStep['state'] {
  if (step === undefined) return isOver ? 'skipped' : 'ahead'
  if (step.back !== undefined) return step.back.state === 'done' ? 'undone' : 'undoing'
  switch (step.forward.state) {
    case 'open':
    case 'pausing':
    case 'closing':
      return 'open'
    case 'succeeded':
      return 'done'
    case 'failed':
    case 'in doubt':
      return 'failed'
    case 'skipped':
      return 'skipped'
  }
}

function commandsAsked({ command, compensation }: SagaStep, step: StepState | undefined): readonly string[] {
  if (step?.back !== undefined && step.back.state !== 'done')
    return [typeof compensation === 'object' ? compensation.command.type : command.type]
  return step?.forward.state === 'open' ? [command.type] : []
}
