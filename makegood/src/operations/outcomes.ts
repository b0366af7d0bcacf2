import { type ErrorCode, MakegoodError, textOf } from '../model/errors.ts'
import type { Outcome } from './contract.ts'

/** What became of one item, for people and for scripts. */
export interface Told {
  readonly outcome: Outcome
  readonly says: string
}

/** What an action that threw has come to. */
export function failing(error: unknown): Told {
  const outcome = error instanceof MakegoodError ? (outcomes[error.code] ?? 'failed') : 'failed'
  return { outcome, says: error instanceof MakegoodError ? error.message : textOf(error) }
}

/** Then the next one need not be tried. */
export function saysThatStoreIsAway(error: unknown): boolean {
  return error instanceof MakegoodError && error.code === 'STORE_UNAVAILABLE'
}

/** What the saga or the message says to it; whatever else is thrown is not the caller's. */
const outcomes: { readonly [Code in ErrorCode]?: Outcome } = {
  ACTION_REFUSED: 'refused',
  ACTION_OUTDATED: 'outdated',
  PAYLOAD_INVALID: 'refused',
  SAGA_UNKNOWN: 'unknown',
}
