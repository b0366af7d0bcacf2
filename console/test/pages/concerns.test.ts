import { existsSync } from 'node:fs'
import type { ServiceView } from 'makegood/operations/contract'
import { expect, test } from 'vitest'
import { concernsOf } from '../../web/pages/services/concerns.ts'

test('a service that does its work is of no concern', () => {
  expect(concernsOf(well)).toEqual([])
})

test('what makes it not ready comes first', () => {
  const reasons = ['The broker: refused']
  const [first] = concernsOf({ ...well, ready: false, reasons, clockSkewMs: 60_000 })
  expect(first?.says).toBe('The broker: refused')
})

test.each<[string, Partial<ServiceView>, RegExp]>([
  ['a database that is away', { database: 'down', figures: null, schema: null, clockSkewMs: null }, /database/],
  ['a broker that blocks', { broker: { state: 'blocked', because: 'low on memory' } }, /low on memory/],
  [
    'a version in flight that nobody hosts',
    { stranded: [{ definition: 'checkout', version: 1, sagas: 3 }] },
    /3 of checkout version 1/,
  ],
  ['tables older than the code', { schema: { applied: 1, known: 2 } }, /migrate/],
  ['tables newer than the code', { schema: { applied: 3, known: 2 } }, /newer/],
  ['a clock that is ahead', { clockSkewMs: 9_000 }, /9\.0 s/],
  ['a clock that is behind', { clockSkewMs: -9_000 }, /9\.0 s/],
  ['an outbox that cannot be sent', { figures: withOutbox(3, 100, 'nobody takes it') }, /nobody takes it/],
  ['an outbox that waits', { figures: withOutbox(3, 60_000, null) }, /1 min/],
])('%s is a concern', (_what, trouble, says) => {
  const concerns = concernsOf({ ...well, ...trouble })
  expect(concerns).toEqual([{ says: expect.stringMatching(says), runbook: expect.any(String) }])
  const page = new URL(`../../../docs/runbooks/${concerns[0]!.runbook}.md`, import.meta.url)
  expect(existsSync(page), `${page}`).toBe(true)
})

test('one trouble is told once', () => {
  const broker = { state: 'connecting', because: 'refused' } as const
  expect(concernsOf({ ...well, ready: false, reasons: ['The broker: refused'], broker })).toHaveLength(1)
})

function withOutbox(messages: number, oldestMs: number, error: string | null): ServiceView['figures'] {
  return {
    sagas: { running: 0, compensating: 0, stuck: 0 },
    parked: 0,
    deadLetters: 0,
    outbox: { messages, oldestMs, error },
    waiting: null,
    inbox: { count: 0, more: false },
  }
}

const well: ServiceView = {
  ready: true,
  reasons: [],
  database: 'up',
  broker: { state: 'connected', because: null },
  version: '1.0.0',
  startedAt: '2026-01-01T00:00:00.000Z',
  schema: { applied: 2, known: 2 },
  clockSkewMs: 12,
  figures: withOutbox(2, 40, null),
  stranded: [],
}
