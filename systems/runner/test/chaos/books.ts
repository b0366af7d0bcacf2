/** What the books of all services say, and what of it is wrong. */
export interface Books {
  /** The ids of all orders. */
  readonly orders: readonly string[]
  readonly completed: number
  /** How many ended otherwise, by the reason given. */
  readonly cancelled: { readonly [reason: string]: number }
  /** How long the slowest order and the median one took to their end. Undefined where nobody notes when an order ends. */
  readonly took?: { readonly slowestMs: number; readonly medianMs: number }
  /** What else is worth knowing. */
  readonly remarks: { readonly [what: string]: number }
  readonly deadLetters: readonly string[]
  /** Those that the documentation provides for. */
  readonly givenUp: readonly string[]
  readonly wrong: readonly string[]
}

/** Asks a database of the system. */
export type Ask = <Row extends object>(database: string, query: string) => Promise<Row[]>

// ── For whoever counts ──────────────────────────────────────────────────────────────────────────────────────────────

/** By order, or by whatever else they are grouped. */
export function groupedBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): ReadonlyMap<string, readonly Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const others = found.get(keyOf(row))
    if (others === undefined) found.set(keyOf(row), [row])
    else others.push(row)
  }
  return found
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

export function tally(texts: readonly string[]): { readonly [text: string]: number } {
  const counts: { [text: string]: number } = {}
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1
  return counts
}
