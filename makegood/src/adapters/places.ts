import { MakegoodError } from '../model/errors.ts'
import { text } from './storable-text.ts'
import { type Row, textOf } from './stored-rows.ts'

/** Where a list has come to: a time of the database with all its digits, in UTC, and the id of what stands there. */
export interface Place {
  readonly at: string
  readonly id: string
}

/** Before and after everything that a list may hold. */
export const firstPlace: Place = { at: '1000-01-01 00:00:00.000000', id: '' }
export const lastPlace: Place = { at: '9999-12-31 00:00:00.000000', id: '' }

/** Before everything of this time, in milliseconds since 1970. */
export function placeAt(ms: number): Place {
  const within = Math.min(Math.max(ms, timeOf(firstPlace)), timeOf(lastPlace))
  return { at: `${new Date(within).toISOString().slice(0, -1).replace('T', ' ')}000`, id: '' }
}

/** In milliseconds since 1970. */
export function timeOf({ at }: Place): number {
  return Date.parse(`${at.slice(0, -3).replace(' ', 'T')}Z`)
}

/** The place of a row whose id is in this column. */
export function placeOf(row: Row, id: string): Place {
  return { at: textOf(row, 'place'), id: textOf(row, id) }
}

/** What `after` is for the next page. */
export function cursorOf({ at, id }: Place): string {
  return `${at.replace(' ', 'T')}/${id}`
}

/** @throws MakegoodError `OPTION_INVALID` */
export function placeIn(cursor: string): Place {
  const [, day, time, id] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{6})\/(.*)$/s.exec(cursor) ?? []
  const place = { at: `${day} ${time}`, id: text(id ?? '') }
  if (id !== undefined && isTime(place)) return place
  throw new MakegoodError(
    'OPTION_INVALID',
    `No page has ended at ${JSON.stringify(cursor)}: \`after\` is its \`next\`.`,
  )
}

function isTime(place: Place): boolean {
  const ms = timeOf(place)
  return Number.isFinite(ms) && placeAt(ms).at.slice(0, -3) === place.at.slice(0, -3)
}

/** Negative if the one comes before the other; ids byte by byte, as the databases do. */
export function compare(one: Place, other: Place): number {
  if (one.at !== other.at) return one.at < other.at ? -1 : 1
  return Buffer.compare(Buffer.from(one.id), Buffer.from(other.id))
}

/** As values of a statement. */
export function valuesOf({ at, id }: Place): readonly [at: string, id: string] {
  return [at, id]
}
