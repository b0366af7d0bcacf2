import { columnOf, type Table } from './table.ts'
import { isTime, lastDays } from './times.ts'

/** What of a list is to be shown: what its address says, as far as it makes sense. */
export interface ListQuery {
  readonly search: string
  readonly filters: { readonly [column: string]: string }
  /** A column of the list, a `-` before it for the other way round. */
  readonly sort: string
  readonly page: number
}

export function readListQuery(table: Table, asked: Readonly<Record<string, unknown>>): ListQuery {
  const text = (name: string) => (typeof asked[name] === 'string' ? (asked[name] as string).slice(0, 200) : '')
  const sort = text('sort')
  const page = /^[1-9]\d{0,5}$/.test(text('page')) ? Number(text('page')) : 1
  const filters = table.filter
    .map(column => [column, text(`is.${column}`)] as const)
    .filter(([column, value]) => value !== '' && isPossible(table, column, value))
  return {
    search: table.search.length > 0 ? text('q').replaceAll('\0', '').trim() : '',
    filters: Object.fromEntries(filters),
    sort: table.list.includes(sort.replace(/^-/, '')) ? sort : table.sort,
    page,
  }
}

function isPossible(table: Table, column: string, value: string): boolean {
  if (isTime(columnOf(table, column)!.type)) return lastDays.some(days => days.value === value)
  return !value.includes('\0')
}

/** The address that says it. What is as at first is left out. */
export function addressOf(table: Table, { search, filters, sort, page }: ListQuery): string {
  const parameters = new URLSearchParams()
  if (search !== '') parameters.set('q', search)
  for (const [column, value] of Object.entries(filters)) parameters.set(`is.${column}`, value)
  if (sort !== table.sort) parameters.set('sort', sort)
  if (page > 1) parameters.set('page', String(page))
  return parameters.size === 0 ? '.' : `?${parameters}`
}
