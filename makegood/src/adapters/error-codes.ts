import { type ErrorCode, MakegoodError, textOf } from '../model/errors.ts'

/**
 * The codes of what was thrown, and of what caused it: query builders wrap what the driver threw. Where the driver has
 * no name for one, its number.
 */
export function codesOf(error: unknown): readonly string[] {
  const codes: string[] = []
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const { code, errno, cause, errors } = at as Coded
    if (code !== undefined || errno !== undefined) codes.push(String(code ?? errno))
    at = cause ?? errors?.[0]
  }
  return codes
}

interface Coded {
  readonly code?: unknown
  readonly errno?: unknown
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/** What Node says when there is no way to a server. */
export const noWay: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]

/** Says what a person has to do, and what the driver said. */
export function storeError(code: ErrorCode, says: string, cause: unknown): MakegoodError {
  return new MakegoodError(code, `${says} (${textOf(cause) || codesOf(cause).join(', ')})`, { cause })
}
