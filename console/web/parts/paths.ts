import type { SagaQuery } from 'makegood/operations/contract'

/** Where things are shown: every address that pages link to is made here. */
export const paths = {
  saga: (id: string): string => `/sagas/${encodeURIComponent(id)}`,
  sagas: (query: SagaQuery): string => withQuery('/sagas', query),
  definition: (name: string, version?: number): string =>
    withQuery(`/definitions/${encodeURIComponent(name)}`, { version }),
  failures: (query: { readonly service?: string } = {}): string => withQuery('/failures', query),
  failure: (service: string, fingerprint: string): string =>
    `/failures/${encodeURIComponent(service)}/${encodeURIComponent(fingerprint)}`,
  letters: (query: LettersQuery = {}): string => withQuery('/dead-letters', { ...query }),
  /** Identities hold slashes and what strangers put into them: they are safest in a query. */
  letter: (service: string, identity: string): string => withQuery('/dead-letters/letter', { service, identity }),
  definitions: '/definitions',
  services: '/services',
  audit: (query: { readonly target?: string; readonly by?: string } = {}): string => withQuery('/audit', query),
  runbooks: '/runbooks',
  runbook: (name: string): string => `/runbooks/${encodeURIComponent(name)}`,
} as const

export interface LettersQuery {
  readonly state?: 'dead' | 'parked'
  readonly service?: string
  readonly type?: string
  readonly fingerprint?: string
  readonly after?: string
}

function withQuery(path: string, query: object): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}
