import { cursorOf, type Place, timeOf } from './places.ts'

/** How many rows one statement looks at that no index sorts out, and up to how many are counted; as the statements say it. */
export const windowMax = 10_000

/** Up to how many that have not ended are looked at in one statement: most of them lie together, and 50 000 take 40 ms. */
export const inFlightMax = 50_000

/** A list that is gone through from one place to another. */
export interface List<Row> {
  readonly from: Place
  readonly to: Place
  readonly limit: number
  /** Nothing further is asked if this would be over before it is answered, going by what was asked last. @defaultValue 100 */
  readonly withinMs?: number
  /** Where the window ends that begins after the one place; undefined if it is the last one before the other. */
  windowAfter(from: Place, to: Place): Promise<Place | undefined>
  /** The first rows after the one place, up to the other: fewer than asked for if there are no more. */
  rows(from: Place, to: Place, limit: number): Promise<readonly Placed<Row>[]>
  /** What the database cannot tell of a row, or not surely. @defaultValue of every one */
  isWanted?(row: Row): boolean
  /** Whether of those many are not. @defaultValue false */
  readonly isRough?: boolean
}

export interface Placed<Row> {
  readonly row: Row
  readonly place: Place
}

interface Looked<Row> {
  readonly rows: readonly Row[]
  readonly next: string | undefined
  /** How far it was looked through, if the time was over before the page was full. */
  readonly searchedTo: number | undefined
}

export async function pageOf<Row>({
  limit,
  to,
  withinMs = 100,
  isWanted = () => true,
  ...list
}: List<Row>): Promise<Looked<Row>> {
  const until = performance.now() + withinMs
  const found: Placed<Row>[] = []
  const looked = (next: Place | undefined, searchedTo?: number): Looked<Row> => ({
    rows: found.slice(0, limit).map(({ row }) => row),
    next: next && cursorOf(next),
    searchedTo,
  })
  let { from } = list
  let end = await list.windowAfter(from, to)
  // One row more than a page takes says that there is a next one.
  for (let asked = list.isRough ? Math.max(limit + 1, askedMany) : limit + 1; ; asked = Math.max(asked, askedMany)) {
    const askedAt = performance.now()
    const rows = await list.rows(from, end ?? to, asked)
    found.push(...rows.filter(({ row }) => isWanted(row)))
    if (found.length > limit) return looked(found[limit - 1]!.place)
    const isLookedThrough = rows.length < asked
    if (isLookedThrough && end === undefined) return looked(undefined)
    from = isLookedThrough ? end! : rows.at(-1)!.place
    const now = performance.now()
    if (now + (now - askedAt) >= until) return looked(from, timeOf(from))
    if (isLookedThrough) end = await list.windowAfter(from, to)
  }
}

/** Where many rows are not wanted, statements that ask for a page each would be too many. */
const askedMany = 500
