import type { SagaStep } from '../definition/saga.ts'
import type { Cause } from '../model/failure.ts'
import type { Ask, Compensating, Running, Stuck, Trouble } from '../model/saga-state.ts'
import type { Turn } from './turn.ts'

export function stuck(turn: Turn, was: Running | Compensating, trouble: Trouble): Stuck {
  turn.note('stuck', trouble.step, trouble)
  return { status: 'stuck', was: { ...was, steps: turn.steps }, trouble, undecided: undefined }
}

export function saysOf(code: string, details: unknown): string {
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

export function doubtForGood(step: SagaStep): Trouble {
  const says = `Whether the step ran is not known, and its compensation has no payload for that (inDoubt). Find out, then resolve or skip it.`
  return { code: 'IN_DOUBT', step: step.name, says }
}

export function failedForGood(step: SagaStep, code: string, details: unknown): Trouble {
  return {
    code: 'FAILED',
    step: step.name,
    says: `Refused with ${code} in all its attempts: ${JSON.stringify(details ?? null)}`,
  }
}

export function silent(step: SagaStep, ask: Ask): Trouble {
  return {
    code: 'SILENT',
    step: step.name,
    says: `No answer to ${ask.asked} messages since ${new Date(ask.firstSentAt).toISOString()}.`,
  }
}

export function deadlinePassed(step: string, deadlineMs: number): Cause {
  return { step, code: 'DEADLINE_PASSED', details: { deadlineMs } }
}
