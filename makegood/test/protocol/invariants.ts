import type { Orchestrator } from './orchestrator.ts'
import type { Participant } from './participant.ts'
import type { Budgets, Scenario, StepTraits } from './scenario.ts'

/** What must not be true at any moment: effects happen once, and nothing is undone that was not done. */
export function wrongNow(
  { steps }: Scenario,
  { spokenFor }: Orchestrator,
  participants: readonly Participant[],
): string | undefined {
  for (const [at, { name, call }] of steps.entries()) {
    const { done, undone, charged, refunded, ranAgain } = participants[at]!
    if (ranAgain) return `a command of ${name} that is on record is run again`
    if (done > 1) return `${name} took effect twice`
    if (undone > 1) return `the compensation of ${name} took effect twice`
    if (undone > done && !call && !spokenFor.includes(name)) return `${name} was undone although it had no effect`
    if (charged.length > 1) return `the provider of ${name} charged twice`
    if (refunded.length > 1) return `the provider of ${name} refunded twice`
  }
  return undefined
}

/** What must not be true when all is quiet: an end that does not mean what it says. */
export function wrongAtRest(
  scenario: Scenario,
  { state, spokenFor }: Orchestrator,
  participants: readonly Participant[],
  left: Budgets,
): string | undefined {
  const { status } = state
  if (status === 'stuck') return wrongStuck(scenario, state, participants, left)
  if (status !== 'completed' && status !== 'compensated') return undefined
  for (const [at, step] of scenario.steps.entries()) {
    if (spokenFor.includes(step.name)) continue
    const wanted = wantedOf(step, status)
    if (wanted === undefined) continue
    const { done, undone, charged, refunded } = participants[at]!
    const inDatabase = done - undone
    const atProvider = charged.length - refunded.length
    if (!step.call && inDatabase !== wanted) return `${status}, but ${step.name} has the net effect ${inDatabase}`
    if (step.call && atProvider !== wanted)
      return `${status}, but the provider of ${step.name} is left at ${atProvider}`
    if (step.call && status === 'completed' && inDatabase !== 1) return `completed, but ${step.name} is not recorded`
  }
  return undefined
}

function wantedOf({ kind, undoable }: StepTraits, status: 'completed' | 'compensated'): 0 | 1 | undefined {
  if (kind === 'best-effort' || (status === 'compensated' && !undoable)) return undefined
  return status === 'completed' ? 1 : 0
}

/** A person is called for what only a person can mend: not for a step that is done and can say so. */
function wrongStuck(
  { budgets }: Scenario,
  state: Orchestrator['state'] & { status: 'stuck' },
  participants: readonly Participant[],
  left: Budgets,
): string | undefined {
  const wasDisturbed =
    left.emptied < budgets.emptied || left.windows < budgets.windows || left.silences < budgets.silences
  const { code, step } = state.trouble
  if (wasDisturbed || code !== 'UNPROCESSABLE' || step === undefined) return undefined
  const direction = state.was.status === 'running' ? 'forward' : 'compensation'
  const rows = participants.flatMap(({ rows: all }) => all)
  const row = rows.find(({ identity }) => identity === `s/${step}/${direction}`)
  return row?.handling.state === 'succeeded' ? `stuck on ${step}, which is done and has said so` : undefined
}
