import { causeOf, openStepsOf } from '../model/saga-state.ts'
import type { SagaPage, SagaRow, SagaSearch } from '../ports/store.ts'
import { compare, firstPlace, lastPlace, type Place, placeAt, placeIn, placeOf, valuesOf } from './places.ts'
import { text } from './storable-text.ts'
import { hasEnded, numberOf, type Row, sagaRowOf, textOf } from './stored-rows.ts'
import { inFlightMax, type Placed, pageOf, windowMax } from './windows.ts'

/** What is asked in a search, in the SQL of one database. */
export interface SearchQuestions<Query> {
  readonly sagas: Ordered<Query>
  readonly sagasWindow: Ordered<Query>
  readonly sagasInFlight: Ordered<Query>
  readonly inFlightNumber: Query
  readonly sagasByKey: Ordered<Query>
  readonly byKeyNumber: Query
  readonly nextDefinition: Query
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
}

/** A question whose rows, in their order, are all or some of what is looked for. */
interface Part<Query> {
  readonly query: Ordered<Query>
  readonly wanted: readonly Value[]
}

/**
 * Finds sagas by the narrowest index that there is: of their keys, of those that have not ended, or of their start. What
 * none of them sorts out is looked for in windows; so is what one finds too much of, for then each window has some.
 */
export async function searchSagas<Query>(database: Database<Query>, search: SagaSearch): Promise<SagaPage> {
  const { queries, ask } = database
  const { order = 'newest', limit, withinMs, only } = search
  const wanted = wantedOf(search)
  const narrow = await narrowParts(database, search)
  const isWindowed = narrow === undefined && (only !== undefined || wanted.some(value => value !== null))
  return pageOf({
    ...boundsOf(search),
    limit,
    ...(withinMs === undefined ? {} : { withinMs }),
    windowAfter: async (from, to) => {
      const [end] = isWindowed ? await ask(queries.sagasWindow[order], ...valuesOf(from), ...valuesOf(to)) : []
      return end === undefined ? undefined : placeOf(end, 'id')
    },
    rows: async (from, to, most) => {
      const found: Placed<SagaRow>[] = []
      for (const { query, wanted: values } of narrow ?? [{ query: queries.sagas, wanted }]) {
        const rows = await ask(query[order], ...values, ...valuesOf(from), ...valuesOf(to), String(most))
        found.push(...rows.map(row => ({ row: sagaRowOf(row), place: placeOf(row, 'id') })))
      }
      const inOrder = found.sort((one, other) => compare(one.place, other.place))
      return (order === 'newest' ? inOrder.reverse() : inOrder).slice(0, most)
    },
    isWanted: saga => isWanted(saga, search),
    // In the text of a state a step stands as well when it is over; of what `only` is asked it may show nothing.
    isRough: search.step !== undefined || only !== undefined,
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

/** Undefined if no index finds few enough. */
async function narrowParts<Query>(
  { queries, ask }: Database<Query>,
  search: SagaSearch,
): Promise<readonly Part<Query>[] | undefined> {
  const { status, step, definition, version } = search
  const numberOfThem = async (number: Query, ...values: readonly Value[]) => {
    const [counted] = await ask(number, ...values)
    return numberOf(counted!, 'number')
  }
  const keys = keysIn(search)
  if (keys !== undefined) {
    const definitions = definition === undefined ? await definitionsIn({ queries, ask }) : [definition]
    let number = 0
    for (const each of definitions) number += await numberOfThem(queries.byKeyNumber, text(each), keys.from, keys.to)
    if (number <= windowMax)
      return definitions.map(each => ({
        query: queries.sagasByKey,
        wanted: wantedOf({ ...search, definition: each }),
      }))
  }
  const isAboutOpen = step !== undefined || (status !== undefined && !hasEnded(status))
  if (!isAboutOpen) return undefined
  const inFlight = await numberOfThem(queries.inFlightNumber, textOrNull(definition), numberOrNull(version))
  return inFlight <= inFlightMax ? [{ query: queries.sagasInFlight, wanted: wantedOf(search) }] : undefined
}

/** By the index of their keys from one to the next, past all sagas of each. */
async function definitionsIn<Query>({ queries, ask }: Database<Query>): Promise<readonly string[]> {
  const found: string[] = []
  for (;;) {
    const [next] = await ask(queries.nextDefinition, found.at(-1) ?? '')
    if (next === undefined) return found
    found.push(textOf(next, 'definition'))
  }
}

function textOrNull(value: string | undefined): Value {
  return value === undefined ? null : text(value)
}

function numberOrNull(value: number | undefined): Value {
  return value === undefined ? null : String(value)
}
