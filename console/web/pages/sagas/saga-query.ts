import type { SagaQuery } from 'makegood/operations/contract'

/** What an address can narrow the list to: everything that services can be asked. */
export const filterNames = [
  'service',
  'status',
  'definition',
  'version',
  'step',
  'failure',
  'key',
  'text',
  'startedAfter',
  'startedBefore',
  'order',
] as const

export type FilterName = (typeof filterNames)[number]

export type Filters = { readonly [Name in FilterName]?: string }

export function queryOf({ version, ...filters }: Filters): SagaQuery {
  return { ...(filters as SagaQuery), ...(version === undefined ? {} : { version: Number(version) }) }
}

/** What an input for a date and a time shows, in the time zone of whoever looks. */
export function localTime(iso: string | undefined): string {
  if (iso === undefined || Number.isNaN(Date.parse(iso))) return ''
  const at = new Date(iso)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

export function isoTime(local: string): string | undefined {
  return local === '' ? undefined : new Date(local).toISOString()
}
