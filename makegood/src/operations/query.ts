import type { SagaStatus } from '../model/saga-state.ts'
import type { SagaSearch, Page as StorePage } from '../ports/store.ts'

/** Checked here, beside the schemas: a server may have taken schemas out of its requests' way. */
export class QueryError extends Error {
  readonly statusCode: number = 400
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** What `after` is for the next page; null on the last one. */
  readonly next: string | null
}

export function pageOf<Row, View>({ rows, next }: StorePage<Row>, view: (row: Row) => View): Page<View> {
  return { rows: rows.map(view), next: next ?? null }
}

export const statuses: readonly SagaStatus[] = [
  'running',
  'compensating',
  'completed',
  'compensated',
  'stuck',
  'abandoned',
]

export const limitMax = 200
export const limitDefault = 50

export function readSagaSearch(query: unknown): SagaSearch {
  const status = textIn(query, 'status')
  const known = statuses.find(each => each === status)
  if (status !== undefined && known === undefined) throw new QueryError(`status is one of ${statuses.join(', ')}.`)
  const definition = textIn(query, 'definition')
  return {
    ...readPage(query),
    ...(known === undefined ? {} : { status: known }),
    ...(definition === undefined ? {} : { definition }),
  }
}

/** A page that goes on from another one is one service's: `service` says whose. */
export function readPage(query: unknown): { readonly limit: number; readonly after?: string } {
  const limit = Number(textIn(query, 'limit') ?? limitDefault)
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    throw new QueryError(`limit is a whole number from 1 to ${limitMax}.`)
  }
  const after = textIn(query, 'after')
  return after === undefined ? { limit } : { limit, after }
}

export function readService(query: unknown, services: readonly string[]): string | undefined {
  const service = textIn(query, 'service')
  if (service !== undefined && !services.includes(service)) {
    throw new QueryError(`service is one of ${services.join(', ')}.`)
  }
  if (service === undefined && services.length > 1 && textIn(query, 'after') !== undefined) {
    throw new QueryError(`after goes on in one service: say which by service, one of ${services.join(', ')}.`)
  }
  return service
}

const textMax = 256

/** What a database can be asked about. */
export function isPlain(text: string): boolean {
  return text.length <= textMax && !/[\p{Cc}\p{Cs}]/u.test(text)
}

function textIn(query: unknown, name: string): string | undefined {
  const value = (query as { readonly [name: string]: unknown } | undefined)?.[name]
  if (value === undefined) return undefined
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !isPlain(text)) {
    throw new QueryError(`${name} is one text of up to ${textMax} characters.`)
  }
  return text
}
