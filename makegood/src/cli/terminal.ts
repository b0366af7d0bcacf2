/** What a command line is run in. What is left out is not there: nobody to ask, no width to keep to. */
export interface Terminal {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Columns of the page that somebody looks at; tables are not cut where nobody does. */
  readonly width?: number
  readonly colors?: boolean
  /** Whether a line on `err` can be written again. */
  readonly rewritable?: boolean
  /** Asks the person who sits there. Rejects if they will not answer. */
  readonly ask?: (question: string) => Promise<string>
  /** Lets a person end the work: `signal` is aborted by the first Ctrl-C, and the second ends the process. */
  readonly interruptible?: <Result>(work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** How a command ended, for scripts. */
export const exits = { done: 0, refused: 1, misused: 2, unavailable: 3, interrupted: 130 } as const

export type Exit = (typeof exits)[keyof typeof exits]

/** Where commands are carried out, and who hears how they ended. */
export interface Desk {
  readonly terminal: Terminal
  readonly ended: (exit: Exit) => void
}

export function nowOf({ now = Date.now }: Terminal): number {
  return now()
}

export function interruptible<Result>(
  { interruptible: run }: Terminal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return run === undefined ? work(new AbortController().signal) : run(work)
}
