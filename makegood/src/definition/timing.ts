import type { RetryPolicy } from '../model/message.ts'
import type { Lead } from './choreography.ts'
import type { RetryOptions, SagaStep, Timing } from './saga.ts'

/** How long a command may stay silent, and how its participant tries it again. */
export interface StepTiming {
  readonly deadlineMs: number
  readonly retry: RetryPolicy
}

const hourMs = 60 * 60_000

/** What holds where a definition says nothing (protocol, rules 12 and 14). */
const defaults = {
  deadlineMs: hourMs,
  /** What may fail is given up soon, and in any case when the step's deadline is over. */
  mayFail: { attempts: 5, firstDelayMs: 200, delayMsMax: 30_000 },
  /** What has to happen in the end. */
  mustHappen: { attempts: undefined, forMs: 24 * hourMs, firstDelayMs: 200, delayMsMax: 5 * 60_000 },
} as const

/** How long whoever follows a choreography waits for a reaction. */
export function reactionDeadlineMs({ deadlineMs = defaults.deadlineMs }: Pick<Lead, 'deadlineMs'>): number {
  return deadlineMs
}

/** How a service tries its own reactions again. */
export const reactionRetry: RetryPolicy = defaults.mustHappen

/** What holds for a step's command. */
export function timingOf(step: Pick<SagaStep, 'kind' | 'deadlineMs' | 'retry'>): StepTiming {
  const { deadlineMs = defaults.deadlineMs, retry = {} } = step
  const usual = step.kind === 'retriable' ? defaults.mustHappen : { ...defaults.mayFail, forMs: deadlineMs }
  return { deadlineMs, retry: policy(retry, usual) }
}

/** What holds for a step's compensation, and for closing a step that needs none. */
export function compensationTimingOf(step: Pick<SagaStep, 'compensation'>): StepTiming {
  const written: Timing = typeof step.compensation === 'object' ? step.compensation : {}
  const { deadlineMs = defaults.deadlineMs, retry = {} } = written
  return { deadlineMs, retry: policy(retry, defaults.mustHappen) }
}

/** Whoever says only for how long, means as often as fits into it; whoever says a long first pause, means no shorter one. */
function policy(written: RetryOptions, usual: RetryPolicy): RetryPolicy {
  const firstDelayMs = written.firstDelayMs ?? usual.firstDelayMs
  return {
    attempts: written.attempts ?? (written.forMs === undefined ? usual.attempts : undefined),
    forMs: written.forMs ?? usual.forMs,
    firstDelayMs,
    delayMsMax: written.delayMsMax ?? Math.max(usual.delayMsMax, firstDelayMs),
  }
}
