import { MakegoodError, textOf } from '../../model/errors.ts'
import { codesOf, noWay, storeError } from '../error-codes.ts'

/** What an error of MySQL, of MariaDB, or of the way to it means for whoever met it. */
export function classify(error: unknown): 'unavailable' | 'conflict' | 'other' {
  for (const code of codesOf(error)) {
    if (conflicts.has(code)) return 'conflict'
    if (unavailable.has(code)) return 'unavailable'
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
  return storeError('STORE_UNAVAILABLE', 'MySQL cannot be reached; it is tried again.', error)
}

/** After the first two nothing of the transaction is left, or it is not known what is. */
const conflicts: ReadonlySet<string> = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_LOCK_NOWAIT',
  'ER_CHECKREAD', // a row was changed since this transaction's snapshot (MariaDB's innodb_snapshot_isolation)
])

const unavailable: ReadonlySet<string> = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT', // a statement of ours was not answered in time
  'PROTOCOL_UNEXPECTED_PACKET',
  'ER_CON_COUNT_ERROR', // too many connections
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_SHUTDOWN_COMPLETE',
  'ER_ABORTING_CONNECTION',
  'ER_NEW_ABORTING_CONNECTION',
  '1927', // the connection was killed, as MariaDB says it: the driver knows MySQL's names only
  'ER_CLIENT_INTERACTION_TIMEOUT', // idle for too long
  'ER_NET_READ_ERROR',
  'ER_NET_READ_INTERRUPTED',
  'ER_NET_ERROR_ON_WRITE',
  'ER_NET_WRITE_INTERRUPTED',
  'ER_OPTION_PREVENTS_STATEMENT', // read only: a replica, or a primary that is about to be one
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_DISK_FULL',
  'ER_RECORD_FILE_FULL',
  'ER_UNKNOWN_COM_ERROR', // a node of a Galera cluster that is not ready
  'STORE_UNAVAILABLE',
  ...noWay,
])

/** What `mysql2` says without a code. */
const unavailableTexts = /connection is in closed state|Can't write in closed state|Pool is closed|Queue limit reached/i

const refusals: { readonly [code: string]: string } = {
  ER_ACCESS_DENIED_ERROR: 'MySQL refuses the password: correct the user or the password of the pool.',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'MySQL wants a password: give the pool one.',
  ER_HOST_NOT_PRIVILEGED: 'MySQL does not let this host in: grant the user of the pool access from it.',
  ER_BAD_DB_ERROR: 'The database does not exist: create it, or correct its name in the pool.',
  ER_NO_DB_ERROR: 'The pool names no database: give it one.',
  ER_DBACCESS_DENIED_ERROR: 'The user of the pool may not use the database: grant it.',
  ER_TABLEACCESS_DENIED_ERROR:
    'The user of the pool may not make or use the tables makegood_…: grant it, or migrate with a user who may.',
}
