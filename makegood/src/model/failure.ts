/** Failure codes that no participant declares: the engine answers with them, and they travel like the others. */
export const engineFailures = [
  /** The handler did not manage it in all its attempts, or the message cannot be read: it is a dead letter (rule 9). */
  'UNPROCESSABLE',
  /** Older than the inbox window and without a record: whether it ran is not known here (rule 5). */
  'EXPIRED',
  /** The step never ran and never will (rule 8). */
  'CLOSED',
  /** The step's outside call had begun and its outcome is not known (rules 8 and 15). */
  'IN_DOUBT',
] as const

export type EngineFailure = (typeof engineFailures)[number]

export function isEngineFailure(code: string): code is EngineFailure {
  return (engineFailures as readonly string[]).includes(code)
}

/** Why a saga began to compensate. `details` is typed by `code`, and `code` by `step`. */
export type Cause<Step extends string = string, Code extends string = string, Details = unknown> = {
  readonly step: Step
  readonly code: Code
  readonly details: Details
}
