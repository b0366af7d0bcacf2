import { MakegoodError, textOf } from '../../model/errors.ts'
import { asStoreError } from '../postgres/errors.ts'

/** What an error of the database, or of the way to it, means for a person on call, in one sentence that says what to do. */
export function troubleOf(error: unknown): MakegoodError {
  const known = asStoreError(error)
  if (known instanceof MakegoodError && !known.code.startsWith('STORE_')) return known
  if (known instanceof MakegoodError && known.code === 'STORE_REFUSED') {
    const says = `The queues cannot be used: ${known.message}; trying again meanwhile`
    return new MakegoodError('TRANSPORT_REFUSED', says, { cause: error })
  }
  const says = `The database of the queues was lost, or is not there (${textOf(error)}); trying again meanwhile`
  return new MakegoodError('TRANSPORT_UNAVAILABLE', says, { cause: error })
}
