import { causeOf, openStepsOf } from '../model/saga-state.ts'
import type { SagaPage, SagaRow, SagaSearch } from '../ports/store.ts'
import { firstPlace, lastPlace, type Place, placeAt, placeIn, placeOf, valuesOf } from './places.ts'
import { text } from './storable-text.ts'
import { hasEnded, numberOf, type Row, sagaRowOf, textOf } from './stored-rows.ts'
import { inFlightMax, pageOf, windowMax } from './windows.ts'

/** What is asked in a search, in the SQL of one database. */
export interface SearchQuestions<Query> {
  readonly sagas: Ordered<Query>
  readonly sagasWindow: Ordered<Query>
  readonly sagasInFlight: Ordered<Query>
  readonly inFlightNumber: Query
  readonly sagasByKey: Ordered<Query>
  readonly byKeyNumber: Query
  readonly definitions: Query
}

interface Ordered<Query> {
  readonly newest: Query
  readonly oldest: Query
}

/** Asks a question about one service. */
export type Ask<Query> = (query: Query, ...values: readonly Value[]) => Promise<readonly Row[]>

type Value = string | null

interface Database<Query> {
  readonly queries: SearchQuestions<Query>
  readonly ask: Ask<Query>
  /** Makes one value of many. */
  readonly list: (values: readonly string[]) => string
}

/**
 * Finds sagas by the narrowest index that there is: of their keys, of those that have not ended, or of their start. What
 * none of them sorts out is looked for in windows; so is what one finds too much of, for then each window has some.
 */
export async function searchSagas<Query>(database: Database<Query>, search: SagaSearch): Promise<SagaPage> {
  const { queries, ask } = database
  const { order = 'newest', limit, withinMs = 150, only } = search
  const wanted = wantedOf(search)
  const index = await narrowIndex(database, search)
  const { query, values } = index ?? { query: queries.sagas, values: [] }
  const isWindowed = index === undefined && (only !== undefined || wanted.some(value => value !== null))
  return pageOf({
    ...boundsOf(search),
    limit,
    withinMs,
    windowAfter: async (from, to) => {
      const [end] = isWindowed ? await ask(queries.sagasWindow[order], ...valuesOf(from), ...valuesOf(to)) : []
      return end === undefined ? undefined : placeOf(end, 'id')
    },
    rows: async (from, to, most) => {
      const found = await ask(query[order], ...wanted, ...valuesOf(from), ...valuesOf(to), String(most), ...values)
      return found.map(row => ({ row: sagaRowOf(row), place: placeOf(row, 'id') }))
    },
    isWanted: saga => isWanted(saga, search),
  })
}

/** Newest first, what comes first is the latest. */
function boundsOf({ order = 'newest', after, startedAfter, startedBefore }: SagaSearch): { from: Place; to: Place } {
  const begins = startedAfter === undefined ? firstPlace : placeAt(startedAfter)
  const ends = startedBefore === undefined ? lastPlace : placeAt(startedBefore)
  const [from, to] = order === 'newest' ? [ends, begins] : [begins, ends]
  const last = after === undefined ? from : placeIn(after)
  const isPast = order === 'newest' ? last.at < from.at : last.at >= from.at
  return { from: isPast ? last : from, to }
}

/** As values of the statements, in their order. */
function wantedOf(search: SagaSearch): readonly Value[] {
  const { status, definition, version, step, failure, text: part } = search
  const { from, to } = keysIn(search) ?? { from: null, to: null }
  return [
    status ?? null,
    textOrNull(definition),
    numberOrNull(version),
    step === undefined ? null : `${JSON.stringify(step)}:{`,
    failure === undefined ? null : `"code":${JSON.stringify(failure)}`,
    part === undefined ? null : JSON.stringify(part).slice(1, -1),
    from,
    to,
  ]
}

/** What the text of a state may only look like. */
function isWanted(saga: SagaRow, { step, failure, only = () => true }: SagaSearch): boolean {
  const { state } = saga
  if (step !== undefined && !openStepsOf(state).includes(step)) return false
  if (failure === undefined) return only(saga)
  const failed = causeOf(state)?.code === failure || (state.status === 'stuck' && state.trouble.code === failure)
  return failed && only(saga)
}

interface Keys {
  readonly from: string
  readonly to: string
}

/** Of a definition all are wanted where none is named: few of it are found by the same index. */
function keysIn({ key = '*', definition }: SagaSearch): Keys | undefined {
  if (key === '*' && definition === undefined) return undefined
  if (!key.endsWith('*')) return { from: text(key), to: text(key) }
  const from = text(key.slice(0, -1))
  return { from, to: `${from}${lastCharacter}` }
}

const lastCharacter = '\u{10FFFF}'

interface Index<Query> {
  readonly query: Ordered<Query>
  /** Beside those of every search. */
  readonly values: readonly Value[]
}

async function narrowIndex<Query>(
  { queries, ask, list }: Database<Query>,
  search: SagaSearch,
): Promise<Index<Query> | undefined> {
  const { status, step, definition, version } = search
  const numberOfThem = async (number: Query, ...values: readonly Value[]) => {
    const [counted] = await ask(number, ...values)
    return numberOf(counted!, 'number')
  }
  const keys = keysIn(search)
  if (keys !== undefined) {
    const all =
      definition === undefined ? (await ask(queries.definitions)).map(row => textOf(row, 'name')) : [definition]
    const definitions = list(all)
    if ((await numberOfThem(queries.byKeyNumber, definitions, keys.from, keys.to)) <= windowMax)
      return { query: queries.sagasByKey, values: [definitions] }
  }
  const isAboutOpen = step !== undefined || (status !== undefined && !hasEnded(status))
  if (!isAboutOpen) return undefined
  const inFlight = await numberOfThem(queries.inFlightNumber, textOrNull(definition), numberOrNull(version))
  return inFlight <= inFlightMax ? { query: queries.sagasInFlight, values: [] } : undefined
}

function textOrNull(value: string | undefined): Value {
  return value === undefined ? null : text(value)
}

function numberOrNull(value: number | undefined): Value {
  return value === undefined ? null : String(value)
}
