/** Every error of makegood's own: its code, whether trying again can help, and what it says. `docs/errors.md` lists the same. */
export const errors = {
  DEFINITION_INVALID: { retryable: false, says: 'A definition breaks a rule.' },
  HOSTS_INVALID: { retryable: false, says: 'What a service hosts does not fit together.' },
  OPTION_INVALID: { retryable: false, says: 'An option is out of its range.' },
  VERSION_STRANDED: { retryable: false, says: 'Sagas in flight are of a version that no service hosts any more.' },
  SAGA_UNKNOWN: { retryable: false, says: 'There is no such saga, or this service does not host its definition.' },
  ACTION_REFUSED: { retryable: false, says: 'It is not in a state in which this can be done.' },
  ACTION_OUTDATED: { retryable: false, says: 'It has changed since this was decided on.' },
  RESULT_TIMEOUT: { retryable: true, says: 'The saga had not ended when the wait was over.' },
  PAYLOAD_INVALID: { retryable: false, says: 'A payload does not match the schema of its message.' },
  MESSAGE_UNREADABLE: { retryable: false, says: 'What arrived cannot be decoded.' },
  MESSAGE_TOO_LARGE: { retryable: false, says: 'A message is larger than the limit.' },
  TRANSACTION_CLOSED: { retryable: false, says: 'A transaction was used after its handler had answered.' },
  TRANSACTION_NESTED: { retryable: false, says: 'A handler opened a second transaction of its own service.' },
  STATEMENT_REFUSED: { retryable: false, says: 'A statement would have ended the transaction that it was said in.' },
  HANDLER_TIMEOUT: { retryable: true, says: 'A handler took longer than its limit.' },
  STORE_UNAVAILABLE: { retryable: true, says: 'The database cannot be reached.' },
  STORE_REFUSED: { retryable: false, says: 'The database refuses the connection; see the cause.' },
  STORE_IN_USE: { retryable: false, says: 'Another process uses the data folder.' },
  SCHEMA_NEWER: { retryable: false, says: 'The database was migrated by a newer makegood.' },
  SCHEMA_CHANGED: { retryable: false, says: 'A migration that was applied is not the one that this version ships.' },
  TRANSPORT_UNAVAILABLE: { retryable: true, says: 'The broker cannot be reached.' },
  TRANSPORT_REFUSED: { retryable: false, says: 'The broker refuses the connection; see the cause.' },
  TOPOLOGY_MISMATCH: { retryable: false, says: 'A queue, exchange or topic is missing or has other properties.' },
} as const

export type ErrorCode = keyof typeof errors

/** An error of makegood's own. Its message says what happened, to what, and what to do if a person can act. */
export class MakegoodError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.name = 'MakegoodError'
    this.code = code
  }

  get retryable(): boolean {
    return errors[this.code].retryable
  }
}

/** The text of whatever was thrown, with the texts of its causes. */
export function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause === undefined ? thrown.message : `${thrown.message}: ${textOf(thrown.cause)}`
}
