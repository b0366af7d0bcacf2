import type { SagaList, SagaQuery, SagaView } from 'makegood/operations/contract'

/** A page of one service. */
export type ServicePage = SagaList & { readonly service: string }

export type ListedSaga = SagaView & { readonly service: string }

export interface Merged {
  readonly sagas: readonly ListedSaga[]
  /** Where each service goes on whose next page has to be seen before anything more can be shown; empty at the end. */
  readonly goOn: readonly { readonly service: string; readonly after: string }[]
  /** A search has only come so far: to those of this time. Null if nothing was left out. */
  readonly searchedTo: string | null
}

/**
 * Lists of services as one, in order of time. Whatever lies beyond the end of a list that goes on is held back: something
 * of that service may belong before it.
 */
export function merged(pages: readonly (readonly ServicePage[])[], order: SagaQuery['order'] = 'newest'): Merged {
  const sign = order === 'oldest' ? 1 : -1
  const compare = (one: string, other: string) => sign * (Date.parse(one) - Date.parse(other))
  const last = lastOfEach(pages)
  const open = [...last.values()].flatMap(({ page, reaches }) => (page.next === null ? [] : [{ page, reaches }]))
  // A search may have come to a time without having found anything there.
  const horizon = open.map(({ reaches }) => reaches).sort(compare)[0] ?? null
  const all = pages.flat().flatMap(({ service, sagas }) => sagas.map(saga => ({ ...saga, service })))
  return {
    sagas: all
      .filter(({ startedAt }) => horizon === null || compare(startedAt, horizon) <= 0)
      .sort((one, other) => compare(one.startedAt, other.startedAt)),
    goOn: open.flatMap(({ page, reaches }) =>
      reaches === horizon ? [{ service: page.service, after: page.next! }] : [],
    ),
    searchedTo: open.some(({ page }) => page.searchedTo !== null) ? horizon : null,
  }
}

interface Last {
  readonly page: ServicePage
  /** The time to which everything of the service is known. */
  readonly reaches: string
}

function lastOfEach(pages: readonly (readonly ServicePage[])[]): ReadonlyMap<string, Last> {
  return new Map(
    pages.flat().map(page => [page.service, { page, reaches: page.searchedTo ?? page.sagas.at(-1)?.startedAt ?? '' }]),
  )
}
