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
  /** After so long no further window is begun. */
  readonly withinMs: number
  /** Where the window ends that begins after the one place; undefined if it is the last one before the other. */
  windowAfter(from: Place, to: Place): Promise<Place | undefined>
  /** The first rows after the one place, up to the other: fewer than asked for if there are no more. */
  rows(from: Place, to: Place, limit: number): Promise<readonly Placed<Row>[]>
  /** What the database cannot tell of a row. @defaultValue all are */
  isWanted?(row: Row): boolean
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

export async function pageOf<Row>(list: List<Row>): Promise<Looked<Row>> {
  const { to, limit, withinMs } = list
  const until = performance.now() + withinMs
  const found: Placed<Row>[] = []
  const looked = (next: Place | undefined, searchedTo?: number): Looked<Row> => ({
    rows: found.slice(0, limit).map(({ row }) => row),
    next: next && cursorOf(next),
    searchedTo,
  })
  for (let from = list.from; ; ) {
    const end = await list.windowAfter(from, to)
    await fill(found, { ...list, from, to: end ?? to })
    if (found.length > limit) return looked(found[limit - 1]!.place)
    if (end === undefined) return looked(undefined)
    if (performance.now() >= until) return looked(end, timeOf(end))
    from = end
  }
}

/** One row more than a page takes says that there is a next one. */
async function fill<Row>(found: Placed<Row>[], { from, to, limit, isWanted = () => true, ...list }: List<Row>) {
  for (let after = from; ; ) {
    const asked = limit + 1 - found.length
    const rows = await list.rows(after, to, asked)
    found.push(...rows.filter(({ row }) => isWanted(row)))
    if (found.length > limit || rows.length < asked) return
    after = rows.at(-1)!.place
  }
}
