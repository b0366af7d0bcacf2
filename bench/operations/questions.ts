import type { SagaQuery } from 'makegood/operations/contract'

/** Something that is asked of operations over HTTP, each time a little differently. */
export interface Question {
  readonly name: string
  /** Below `/operations`. */
  readonly path: () => string
}

/** All filters of lists, search, counts, and what the console's other pages ask. */
export function questionsAbout(finished: number): readonly Question[] {
  const anyOrder = () => 1 + Math.floor(Math.random() * finished)
  const anyKey = () => `order-${String(anyOrder()).padStart(7, '0')}`
  const anyTime = () => new Date(Date.now() - Math.random() * 85 * 86_400_000).toISOString()
  return [
    list('newest', () => ({})),
    list('from any time', () => ({ startedBefore: anyTime() })),
    list('oldest', () => ({ order: 'oldest' })),
    list('200 on a page', () => ({ limit: 200 })),
    list('running', () => ({ status: 'running' })),
    list('compensating', () => ({ status: 'compensating' })),
    list('stuck', () => ({ status: 'stuck' })),
    list('stuck for one code', () => ({ status: 'stuck', failure: 'SILENT' })),
    list('at a step', () => ({ step: 'payment' })),
    list('completed', () => ({ status: 'completed', startedBefore: anyTime() })),
    list('compensated', () => ({ status: 'compensated', startedBefore: anyTime() })),
    list('compensated for one code', () => ({ failure: 'NOT_SERVED', startedBefore: anyTime() })),
    list('of one definition in ten', () => ({ definition: 'returns', startedBefore: anyTime() })),
    list('of one definition in a thousand', () => ({ definition: 'gift-card' })),
    list('of one version', () => ({ definition: 'checkout', version: 2, startedBefore: anyTime() })),
    list('by key', () => ({ key: anyKey() })),
    list('by the beginning of a key, ten', () => ({ key: `${anyKey().slice(0, -1)}*` })),
    list('by the beginning of a key, 100,000', () => ({ key: 'order-04*' })),
    list('by a text that one in 400 has', () => ({ text: 'long street 77' })),
    list('by a text that one has', () => ({ text: `customer-${anyOrder()}@` })),
    list('of a status that none has', () => ({ status: 'abandoned' })),
    { name: 'counts', path: () => '/saga-counts' },
    { name: 'definitions, and what stands where', path: () => '/definitions' },
    { name: 'failure groups', path: () => '/failures' },
    { name: 'dead letters', path: () => '/dead-letters' },
    { name: 'parked messages', path: () => '/parked' },
    { name: 'pace of an hour', path: () => '/pace' },
    { name: 'services', path: () => '/services' },
    { name: 'audit', path: () => '/audit' },
  ]
}

function list(name: string, query: () => SagaQuery): Question {
  return {
    name: `sagas, ${name}`,
    path: () => {
      const values = Object.entries({ service: 'orders', ...query() }).map(
        ([key, value]) => [key, String(value)] as [string, string],
      )
      return `/sagas?${new URLSearchParams(values)}`
    },
  }
}
