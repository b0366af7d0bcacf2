import { MakegoodError, textOf } from '../../model/errors.ts'
import { codesOf, noWay, storeError } from '../error-codes.ts'

/** What an error of PostgreSQL, or of the way to it, means for whoever met it. */
export function classify(error: unknown): 'unavailable' | 'conflict' | 'other' {
  for (const code of codesOf(error)) {
    if (conflicts.has(code)) return 'conflict'
    if (unavailable.some(prefix => code.startsWith(prefix))) return 'unavailable'
  }
  return unavailableTexts.test(textOf(error)) ? 'unavailable' : 'other'
}

/** For who asks whether the database can be used at all: the answer names what a person has to do. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof MakegoodError) return error
  for (const code of codesOf(error)) {
    const refusal = refusals[code]
    if (refusal) return storeError('STORE_REFUSED', refusal, error)
  }
  if (classify(error) !== 'unavailable') return error
  return storeError('STORE_UNAVAILABLE', 'PostgreSQL cannot be reached; it is tried again.', error)
}

const conflicts: ReadonlySet<string> = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock time-out
])

/** Codes, or how they begin. */
const unavailable: readonly string[] = [
  '0800', // connection exceptions; 08P01 is a fault in what was sent
  '57P0', // shut down, crashed, starting
  '53300', // too many connections
  '53100', // disk full
  '25006', // read only: a standby, or a primary that is about to be one
  '25P03', // idle in a transaction for too long
  'STORE_UNAVAILABLE',
  ...noWay,
]

/** What `pg` and `pg-pool` say without a code. */
const unavailableTexts =
  /Connection terminated|not queryable|timeout exceeded when trying to connect|timeout expired|Query read timeout/i

const refusals: { readonly [code: string]: string } = {
  '28P01': 'PostgreSQL refuses the password: correct the user or the password of the pool.',
  '28000': 'PostgreSQL does not let this user in: correct the user of the pool, or the server’s pg_hba.conf.',
  '3D000': 'The database does not exist: create it, or correct its name in the pool.',
  '42501': 'The user of the pool may not create or use our schema: grant it, or migrate with a user who may.',
}
