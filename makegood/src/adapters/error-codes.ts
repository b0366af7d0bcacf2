import { type ErrorCode, MakegoodError, textOf } from '../model/errors.ts'

/** The codes of what was thrown, and of what caused it: query builders wrap what the driver threw. */
export function codesOf(error: unknown): readonly string[] {
  const codes: string[] = []
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: readonly unknown[] }
    if (code !== undefined) codes.push(String(code))
    at = cause ?? errors?.[0]
  }
  return codes
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
