import type { Answer, Custody, Handling } from '../ports/store.ts'
import type { Envelope } from '../ports/wire.ts'
import { withoutNul } from './storable.ts'

// The record of a message and every way in which it changes: pure, so that the model of the protocol writes records
// with the same code as the engine. Which change is due, `judge` says.

/** Done with, or handled later in the same transaction. */
export function handled(attempt: number): Handling {
  return {
    state: 'handled',
    attempt,
    refusals: 0,
    callBegun: false,
    answer: undefined,
    custody: undefined,
    error: undefined,
  }
}

export function answered(record: Handling, answer: Answer): Handling {
  const state = answer.failure === undefined ? 'succeeded' : 'failed'
  const refusals = record.refusals + (answer.failure === undefined ? 0 : 1)
  return { ...record, state, refusals, callBegun: false, answer, custody: undefined, error: undefined }
}

/** Written before the call is made: from here to the recorded answer nobody knows its outcome (rule 15). */
export function callBegun(record: Handling, custody: Custody, at: { now: number; leaseMs: number }): Handling {
  const firstAttemptAt = custody.firstAttemptAt || at.now
  const held: Custody = { ...custody, leaseMs: at.leaseMs, dueInMs: 0, fence: custody.fence + 1, firstAttemptAt }
  return { ...record, state: 'parked', callBegun: true, custody: held }
}

/** A newer attempt takes the place of one that is parked, dead or refused; a claim of that one counts no more. */
export function replaced(record: Handling, envelope: Envelope): Handling {
  const custody: Custody = { ...newCustody(envelope), fence: (record.custody?.fence ?? 0) + 1 }
  return { ...record, state: 'parked', answer: undefined, custody }
}

/** Kept for later, held by nobody. */
export function parked(record: Handling, custody: Custody, error: string | undefined): Handling {
  return {
    ...record,
    state: 'parked',
    custody: { ...custody, leaseMs: 0 },
    error: error === undefined ? undefined : withoutNul(error),
  }
}

/** `answer` is what a command is answered with now and whenever it comes again (rule 3). */
export function dead(record: Handling, custody: Custody, error: string, answer: Answer | undefined): Handling {
  const letter: Custody = { ...custody, leaseMs: 0, dueInMs: Number.POSITIVE_INFINITY }
  return { ...record, state: 'dead', custody: letter, error: withoutNul(error), answer }
}

/** A step that will not run from now on: late commands, redrives and claims find it so. */
export function closed(step: Handling | undefined): Handling {
  return { ...(step ?? handled(1)), state: 'closed', answer: undefined, custody: undefined, error: undefined }
}

/** A call had begun and was never recorded; it stays so for every later attempt of the compensation (rule 15). */
export function inDoubt(step: Handling): Handling {
  return { ...closed(step), state: 'in doubt' }
}

/** Whether somebody is handling it, or its call is in flight. */
export function isHeld({ custody }: Handling): boolean {
  return custody !== undefined && custody.leaseMs > 0
}

/**
 * Whether a claim still counts: since it was made the message was neither claimed again nor replaced, and no answer was
 * recorded. A custody begins its fences anew after a refusal, so the number of refusals tells the two apart (rule 15).
 */
export function stillHolds(claim: Pick<Handling, 'refusals' | 'custody'>, record: Handling | undefined): boolean {
  if (record?.state !== 'parked') return false
  return record.custody?.fence === claim.custody?.fence && record.refusals === claim.refusals
}

export function newCustody(envelope: Envelope): Custody {
  return { envelope, attempts: 0, firstAttemptAt: 0, dueInMs: 0, leaseMs: 0, fence: 0 }
}
