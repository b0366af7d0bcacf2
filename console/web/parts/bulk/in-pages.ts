import type { Outcome } from 'makegood/operations/contract'

/** Something that is done to many, a page at a time. */
export interface BulkWork {
  /**
   * Does the page that begins at the cursor; null is the beginning, and a `next` of null the end. What is done has left
   * the list that the cursor goes through, and what comes back to it stands behind: nothing is done twice.
   */
  page(cursor: string | null, how: How): Promise<BulkPage>
}

export interface How {
  /** Why, for whoever reads the audit. */
  readonly reason: string
  readonly dryRun: boolean
}

export interface BulkPage {
  readonly results: readonly BulkResult[]
  readonly next: string | null
}

export interface BulkResult {
  /** A saga's id, or a message's identity. */
  readonly target: string
  readonly outcome: Outcome
  readonly says: string
}

/** What has become of everything so far. */
export interface Tally {
  readonly looked: number
  readonly counts: { readonly [O in Outcome]?: number }
  /** What was not done, and why; no more than `othersMax` of it. */
  readonly others: readonly BulkResult[]
  /** Where it goes on; null at the beginning. */
  readonly cursor: string | null
  readonly isOver: boolean
}

export const othersMax = 100

export const nothingYet: Tally = { looked: 0, counts: {}, others: [], cursor: null, isOver: false }

export interface Pacing {
  /** No more than so many a second, on average; undefined is as fast as it goes. */
  readonly perSecond: number | undefined
  readonly signal: AbortSignal
  /** Resolves after so many milliseconds, or as soon as the signal aborts, which it has not yet. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Goes on from a tally, page after page, and tells after each; until everything is done or the signal aborts. */
export async function doInPages(
  work: BulkWork,
  from: Tally,
  reason: string,
  { perSecond, signal, pause }: Pacing,
  tell: (tally: Tally) => void,
): Promise<void> {
  let tally = from
  while (!tally.isOver && !signal.aborted) {
    const page = await work.page(tally.cursor, { reason, dryRun: false })
    tally = counted(tally, page)
    tell(tally)
    // The service spreads one page over time by itself, and knows nothing of the next.
    if (perSecond !== undefined && !tally.isOver && !signal.aborted)
      await pause((page.results.length / perSecond) * 1_000, signal)
  }
}

export function counted(tally: Tally, { results, next }: BulkPage): Tally {
  const counts: { [O in Outcome]?: number } = { ...tally.counts }
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1
  const others = results.filter(({ outcome }) => outcome !== 'done' && outcome !== 'would be done')
  return {
    looked: tally.looked + results.length,
    counts,
    others: [...tally.others, ...others].slice(0, othersMax),
    cursor: next,
    isOver: next === null,
  }
}
