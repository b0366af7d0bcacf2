import { describe, expect, test } from 'vitest'
import type { Forward, Running, Stuck, Trouble } from '../model/saga-state.ts'
import type { AuditEntry, NewSaga, SagaRow, SagaSearch, ServiceStore, StoreTraits } from '../ports/store.ts'
import {
  dead,
  envelope,
  type Fresh,
  handling,
  identities,
  message,
  nextMillisecond,
  parked,
  redrive,
  type StatementClient,
  type StoreWords,
  saga,
  state,
} from './store-scenario.ts'

/** What operators may ask of a store, and what they do to dead letters. */
export function operations(fresh: Fresh, traits: StoreTraits, words: StoreWords): void {
  describe('sagas that are looked for', () => searches(fresh))
  describe('a search through more than one window', () => windows(fresh))
  describe('sagas that are counted', () => counts(fresh, words))
  describe('messages that are looked for', () => lists(fresh))
  describe('failure groups', () => failures(fresh))
  describe('dead letters that are redriven or discarded', () => letters(fresh, traits))
  describe('the audit', () => audit(fresh))
  describe('the whole', () => whole(fresh))
}

function searches(fresh: Fresh): void {
  test('one is found by its id and by its key', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.insertSagas([saga('s1', { key: 'order/1' })]))
    expect(await store.queries.sagaByKey('checkout', 'order/1')).toMatchObject({ id: 's1' })
    expect(await store.queries.sagaByKey('refund', 'order/1')).toBeUndefined()
    expect(await store.queries.saga('absent')).toBeUndefined()
  })

  test('they come newest first or oldest first, page by page', async () => {
    const store = await fresh()
    await begin(store, saga('a'), saga('b'), saga('c'), saga('d'), saga('e'))
    expect(await ids(store, {})).toEqual(['e', 'd', 'c', 'b', 'a'])
    expect(await ids(store, { order: 'oldest' })).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await pages(store, { limit: 2 })).toEqual([['e', 'd'], ['c', 'b'], ['a']])
    expect(await pages(store, { limit: 2, order: 'oldest' })).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    expect(await pages(store, { limit: 5 }), 'a page that is full to the last one is the last').toHaveLength(1)
  })

  test('those that were started together are on one page each too', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.insertSagas(['b', 'a', 'd', 'c'].map(id => saga(id))))
    for (const order of ['newest', 'oldest'] as const) {
      const found = await pages(store, { limit: 1, order })
      expect(found.flat().sort()).toEqual(['a', 'b', 'c', 'd'])
    }
  })

  test('a page goes on although the last saga of the one before is gone', async () => {
    const store = await fresh()
    await begin(store, saga('a'), saga('b', { state: state('completed') }), saga('c'))
    const { next } = await store.queries.sagas({ limit: 2 })
    await store.prune({ inboxMs: -60_000, sagasMs: -60_000 }, 10)
    expect(await ids(store, { after: next! })).toEqual(['a'])
  })

  test('`after` is what a page named, and nothing else', async () => {
    const store = await fresh()
    for (const after of ['', 'a', '1', '2026-01-01', '2026-02-31T00:00:00.000000/a', "2026-01-01T00:00:00.000000'/a"]) {
      await expect(store.queries.sagas({ limit: 1, after })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
      await expect(store.queries.inbox({ state: 'dead', limit: 1, after })).rejects.toMatchObject({
        code: 'OPTION_INVALID',
      })
    }
    await expect(store.queries.audit({ limit: 1, after: 'x' })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('by status, definition and version', async () => {
    const store = await fresh()
    await begin(
      store,
      saga('a'),
      saga('b', { definition: 'refund', version: 2 }),
      saga('c', { state: state('stuck') }),
      saga('d', { state: state('completed') }),
      saga('e'),
      saga('f', { definition: 'refund', state: state('completed') }),
    )
    expect(await ids(store, { status: 'running' })).toEqual(['e', 'b', 'a'])
    expect(await ids(store, { status: 'stuck' })).toEqual(['c'])
    expect(await ids(store, { status: 'completed' })).toEqual(['f', 'd'])
    expect(await ids(store, { status: 'compensating' })).toEqual([])
    expect(await ids(store, { definition: 'refund' })).toEqual(['f', 'b'])
    expect(await ids(store, { definition: 'refund', status: 'running' })).toEqual(['b'])
    expect(await ids(store, { definition: 'refund', status: 'completed', version: 2 })).toEqual([])
    expect(await ids(store, { version: 2 })).toEqual(['b'])
    expect(await pages(store, { status: 'running', limit: 1, order: 'oldest' })).toEqual([['a'], ['b'], ['e']])
    expect(await pages(store, { status: 'completed', limit: 1 })).toEqual([['f'], ['d']])
  })

  test('by the time they were started', async () => {
    const store = await fresh()
    await begin(store, saga('a'), saga('b', { state: state('completed') }), saga('c'), saga('d'))
    const [b, d] = [(await store.queries.saga('b'))!.startedAt, (await store.queries.saga('d'))!.startedAt]
    expect(await ids(store, { startedAfter: b })).toEqual(['d', 'c', 'b'])
    expect(await ids(store, { startedBefore: d })).toEqual(['c', 'b', 'a'])
    expect(await ids(store, { startedAfter: b, startedBefore: d, order: 'oldest' })).toEqual(['b', 'c'])
    expect(await ids(store, { startedAfter: b, startedBefore: d, status: 'running' })).toEqual(['c'])
    expect(await pages(store, { startedAfter: b, startedBefore: d, limit: 1 })).toEqual([['c'], ['b']])
    expect(await ids(store, { startedAfter: d, startedBefore: b })).toEqual([])
    expect(await ids(store, { startedAfter: -8.64e15, startedBefore: 8.64e15 })).toHaveLength(4)
  })

  test('by their key, or by its beginning, in every definition', async () => {
    const store = await fresh()
    await begin(
      store,
      saga('a', { key: 'order/1' }),
      saga('b', { key: 'order/1', definition: 'refund' }),
      saga('c', { key: 'order/12', state: state('completed') }),
      saga('d', { key: 'Order/1' }),
      saga('e', { key: '100%_\\ünï☃' }),
    )
    expect(await ids(store, { key: 'order/1' })).toEqual(['b', 'a'])
    expect(await ids(store, { key: 'order/1*' })).toEqual(['c', 'b', 'a'])
    expect(await ids(store, { key: 'order/1*', definition: 'checkout' })).toEqual(['c', 'a'])
    expect(await ids(store, { key: 'order/1*', status: 'running' })).toEqual(['b', 'a'])
    expect(await pages(store, { key: 'order/1*', limit: 1 })).toEqual([['c'], ['b'], ['a']])
    expect(await ids(store, { key: 'order' })).toEqual([])
    expect(await ids(store, { key: '100%_\\ü*' })).toEqual(['e'])
    expect(await ids(store, { key: '100%*' })).toEqual(['e'])
    expect(await ids(store, { key: '%*' })).toEqual([])
    expect(await ids(store, { key: '*' })).toHaveLength(5)
  })

  test('by what stands in their data, whatever it is and in any case', async () => {
    const store = await fresh()
    const data = { customer: 'Ada "the first" Lovelace', path: 'C:\\temp', note: '100%_sure', lines: 'one\ntwo' }
    await begin(store, saga('a', { data }), saga('b', { data: { customer: 'Grace' } }))
    for (const text of ['lovelace', 'ada "THE first"', 'c:\\temp', '%_', 'one\ntwo', 'customer'])
      expect(await ids(store, { text }), text).toContain('a')
    expect(await ids(store, { text: 'customer' })).toEqual(['b', 'a'])
    expect(await ids(store, { text: 'lace%ada' })).toEqual([])
    expect(await ids(store, { text: 'lovelace', status: 'running' })).toEqual(['a'])
    expect(await ids(store, { text: 'lovelace', status: 'completed' })).toEqual([])
  })

  test('by what whoever asks sees in them: a page tells nothing of the others, nor that there are any', async () => {
    const store = await fresh()
    const data = { customer: 'Ada' }
    await begin(store, saga('a', { data }), saga('b', { data }), saga('c', { data: {} }), saga('d', { data }))
    const only = ({ id }: SagaRow) => id !== 'b' && id !== 'd'
    expect(await pages(store, { text: 'ada', limit: 1, only })).toEqual([['a']])
    expect(await pages(store, { limit: 1, only })).toEqual([['c'], ['a']])
    expect(await store.queries.sagas({ text: 'ada', limit: 1, only: () => false, ...inNoHurry })).toEqual({
      rows: [],
      next: undefined,
      searchedTo: undefined,
    })
  })

  test('by a step that is open, on its way forward or back', async () => {
    const store = await fresh()
    await begin(
      store,
      saga('a', { state: running({ reserve: done, charge: open }) }),
      saga('b', { state: running({ reserve: open }) }),
      saga('c', { state: { status: 'compensating', steps: { charge: { forward: done, back: open } }, cause } }),
      saga('d', { state: stuck('SILENT', 'charge', { charge: open }) }),
      saga('e', { state: { status: 'abandoned', steps: { charge: { forward: open } }, by: 'ada', reason: 'lost' } }),
      saga('f', { state: running({ reserve: { ...done, reply: { charge: { forward: { state: 'open' } } } } }) }),
    )
    expect(await ids(store, { step: 'charge' })).toEqual(['d', 'c', 'a'])
    expect(await ids(store, { step: 'charge', status: 'running' })).toEqual(['a'])
    expect(await pages(store, { step: 'charge', limit: 1 })).toEqual([['d'], ['c'], ['a']])
    expect(await ids(store, { step: 'reserve' })).toEqual(['b'])
    expect(await ids(store, { step: 'no "such" step' })).toEqual([])
  })

  test('by the failure that they are stuck with, or were compensated for', async () => {
    const store = await fresh()
    await begin(
      store,
      saga('a', { state: stuck('SILENT', 'charge', {}) }),
      saga('b', { state: { status: 'compensated', steps: {}, cause } }),
      saga('c', { state: { status: 'compensating', steps: {}, cause } }),
      saga('d', { state: { status: 'completed', steps: { pay: { forward: { ...done, reply: cause } } } } }),
      saga('e', { state: { ...stuck('SILENT', 'refund', {}), was: { status: 'compensating', steps: {}, cause } } }),
    )
    expect(await ids(store, { failure: 'SILENT' })).toEqual(['e', 'a'])
    expect(await ids(store, { failure: 'DECLINED' })).toEqual(['e', 'c', 'b'])
    expect(await pages(store, { failure: 'DECLINED', limit: 1 })).toEqual([['e'], ['c'], ['b']])
    expect(await ids(store, { failure: 'DECLINED', status: 'compensated' })).toEqual(['b'])
  })
}

function windows(fresh: Fresh): void {
  test('says how far it has come when its time is over, and goes on from there', { timeout: 120_000 }, async () => {
    const store = await fresh()
    const oldest = [
      saga('stuck', { definition: 'refund', key: 'x-stuck', state: stuck('SILENT', 'charge', { charge: open }) }),
      saga('abandoned', { key: 'x-abandoned', state: state('abandoned') }),
    ]
    await begin(store, ...oldest)
    for (let batch = 0; batch < 4; batch++) {
      const more = Array.from({ length: 2_501 }, (_, index) =>
        saga(`${batch}-${index}`, { key: `x-${batch}-${index}` }),
      )
      await store.transaction(tx => tx.insertSagas(more))
    }

    for (const search of [{ status: 'abandoned' }, { status: 'abandoned', key: 'x-*' }] as const) {
      const first = await store.queries.sagas({ ...search, limit: 10, withinMs: 0 })
      expect(first).toMatchObject({ rows: [], next: expect.any(String), searchedTo: expect.any(Number) })
      expect(await ids(store, { ...search, withinMs: 0, after: first.next! })).toEqual(['abandoned'])
      expect(await ids(store, { ...search, withinMs: 60_000 })).toEqual(['abandoned'])
    }
    for (const search of [{ status: 'stuck' }, { step: 'charge' }, { definition: 'refund' }] as const) {
      const all = await store.queries.sagas({ ...search, limit: 10, withinMs: 0 })
      expect(all, 'what an index finds few of needs no windows').toMatchObject({ rows: [{ id: 'stuck' }] })
      expect(all.searchedTo).toBeUndefined()
    }
    expect(await ids(store, { key: 'x-stuck' })).toEqual(['stuck'])

    const unseen = await store.queries.sagas({ status: 'running', limit: 1, withinMs: 0, only: () => false })
    expect(unseen, 'what is found and not shown takes time too').toMatchObject({ rows: [], next: expect.any(String) })

    const page = await store.queries.sagas({ status: 'running', limit: 10, withinMs: 0 })
    expect(page.rows, 'what is found in the first window needs no other').toHaveLength(10)
    expect(page.searchedTo).toBeUndefined()
    const counted = await store.queries.sagaCounts()
    expect(counted).toContainEqual({ definition: 'checkout', status: 'running', count: expect.any(Number), more: true })
    expect(counted).toContainEqual({ definition: 'checkout', status: 'abandoned', count: 1, more: false })
  })
}

function counts(fresh: Fresh, { sagas }: StoreWords): void {
  test('by definition and status', async () => {
    const store = await fresh()
    await begin(
      store,
      saga('a'),
      saga('b'),
      saga('c', { definition: 'refund', state: state('stuck') }),
      saga('d', { state: state('completed') }),
    )
    expect(await store.queries.sagaCounts()).toEqual([
      { definition: 'checkout', status: 'completed', count: 1, more: false },
      { definition: 'checkout', status: 'running', count: 2, more: false },
      { definition: 'refund', status: 'stuck', count: 1, more: false },
    ])
  })

  test('versions in flight are those of sagas that have not ended', async () => {
    const store = await fresh()
    await store.transaction(tx =>
      tx.insertSagas([
        saga('a', { version: 1 }),
        saga('b', { version: 2 }),
        saga('c', { version: 2, state: state('stuck') }),
        saga('d', { version: 3, state: state('completed') }),
        saga('e', { version: 10 }),
      ]),
    )
    expect(await store.queries.versionsInFlight()).toEqual([
      { definition: 'checkout', version: 1, sagas: 1 },
      { definition: 'checkout', version: 2, sagas: 2 },
      { definition: 'checkout', version: 10, sagas: 1 },
    ])
  })

  test('by the steps that they stand at, each step that is open', async () => {
    const store = await fresh()
    const hostile = { text: '\u0000 \uD834 "charge":{"forward":{"state":"open"', path: '\\u0000' }
    await begin(
      store,
      saga('a', { state: running({ reserve: { ...done, reply: hostile }, charge: open, book: open }) }),
      saga('b', { state: running({ reserve: done, charge: { ...open, state: 'pausing' } }) }),
      saga('c', { state: stuck('SILENT', 'charge', { charge: open }) }),
      saga('d', { state: { status: 'compensating', steps: { reserve: { forward: done, back: open } }, cause } }),
      saga('e', { state: { status: 'compensated', steps: { charge: { forward: open } }, cause } }),
      saga('f', { version: 2, state: running({ charge: open }) }),
      saga('g', { state: running({ 'orders.placed in stock': open }) }),
    )
    const at = { definition: 'checkout', version: 1, status: 'running', sagas: 1 }
    expect(await store.queries.standing()).toEqual([
      { ...at, step: 'book' },
      { ...at, step: 'charge', sagas: 2 },
      { ...at, step: 'charge', status: 'stuck' },
      { ...at, step: 'orders.placed in stock' },
      { ...at, step: 'reserve', status: 'compensating' },
      { ...at, step: 'charge', version: 2 },
    ])
  })

  test('by the minute in which they ended, and by how long they took', async () => {
    const store = await fresh()
    const now = await store.transaction(tx => tx.now())
    const ended = Array.from({ length: 20 }, (_, index) => `pace-${index}`)
    await begin(store, ...ended.map(id => saga(id, { state: state('completed') })), saga('running'))
    await begin(store, saga('undone', { state: state('compensated') }))
    await store.transaction(async tx => {
      const earlier = (where: string, by: string) =>
        tx.db.query(`update ${sagas} set started_at = started_at - ${by} where ${where}`)
      await earlier(`id like 'pace-%'`, `interval '2' second`)
      await earlier(`id in ('pace-0', 'pace-1')`, `interval '58' second`)
    })
    const { minutes, durations } = await store.queries.pace(now - 60_000)
    expect(minutes.reduce((sum, each) => sum + each.sagas, 0)).toBe(21)
    for (const { at } of minutes) {
      expect(at % 60_000).toBe(0)
      expect(Math.abs(at - now)).toBeLessThan(120_000)
    }
    expect(durations).toMatchObject([
      { definition: 'checkout', status: 'compensated', sagas: 1 },
      { definition: 'checkout', status: 'completed', sagas: 20 },
    ])
    const [, completed] = durations
    expect(completed!.p50Ms / 2_000).toBeCloseTo(1, 1)
    expect(completed!.p95Ms / 60_000).toBeCloseTo(1, 1)
    expect(await store.queries.pace(now + 3_600_000)).toEqual({ minutes: [], durations: [] })
  })
}

function lists(fresh: Fresh): void {
  test('parked messages and dead letters come oldest first, page by page', async () => {
    const store = await fresh()
    for (const name of ['c', 'a', 'b']) {
      await store.transaction(tx =>
        tx.admit([message(name, { handling: dead() }), message(`p${name}`, { handling: parked() })]),
      )
      await nextMillisecond(store)
    }
    const list = async (state: 'parked' | 'dead', limit: number, after?: string) => {
      const { rows, next } = await store.queries.inbox({ state, limit, ...(after === undefined ? {} : { after }) })
      return { found: identities(rows), next }
    }
    expect(await list('dead', 10)).toEqual({ found: ['c', 'a', 'b'], next: undefined })
    const first = await list('dead', 2)
    expect(first.found).toEqual(['c', 'a'])
    expect(await list('dead', 2, first.next)).toEqual({ found: ['b'], next: undefined })
    const parkedFirst = await list('parked', 1)
    expect(await list('parked', 10, parkedFirst.next)).toEqual({ found: ['pa', 'pb'], next: undefined })
  })

  test('by their type, and by the failure group that they are in', async () => {
    const store = await fresh()
    const failing = (error: string) => ({ ...dead(), error })
    await store.transaction(tx =>
      tx.admit([
        message('a', { handling: failing('no order 17 of "ada"') }),
        message('b', { handling: failing('no order 18 of "grace"') }),
        message('c', { type: 'payments.charge', handling: failing('no order 19 of "ada"') }),
        message('d', { handling: failing('no stock') }),
        message('e', { handling: { ...parked({ dueInMs: 60_000 }), error: 'no order 17 of "ada"' } }),
        message('f', { handling: parked() }),
      ]),
    )
    const found = async (search: { type?: string; fingerprint?: string }, state: 'parked' | 'dead' = 'dead') =>
      identities((await store.queries.inbox({ state, limit: 10, ...search })).rows)
    const fingerprint = (await store.queries.inboxRow('a'))!.fingerprint!
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/)
    expect(await found({ fingerprint })).toEqual(['a', 'b'])
    expect(await found({ fingerprint }, 'parked')).toEqual([])
    expect(await found({ type: 'payments.charge' })).toEqual(['c'])
    expect(await found({ type: 'payments.charge', fingerprint })).toEqual([])
    const { fingerprint: waiting } = (await store.queries.inboxRow('e'))!
    expect(await found({ fingerprint: waiting! }, 'parked')).toEqual(['e'])
    expect((await store.queries.inboxRow('f'))?.fingerprint, 'it has not failed').toBeUndefined()
  })

  test('one that is parked says when it is tried again', async () => {
    const store = await fresh()
    const now = await store.transaction(async tx => {
      tx.admit([message('p', { handling: parked({ dueInMs: 60_000 }) }), message('d', { handling: dead() })])
      return tx.now()
    })
    const { rows } = await store.queries.inbox({ state: 'parked', limit: 10 })
    expect(Math.abs(rows[0]!.dueAt! - now - 60_000)).toBeLessThan(10_000)
    expect((await store.queries.inboxRow('d'))?.dueAt).toBeUndefined()
  })

  test('sagas of whose steps one was asked for come in the order of asking, from a time on, page by page', async () => {
    const store = await fresh()
    const asked = [
      ['c1', { sagaId: 'old' }],
      ['c2', { sagaId: 's2' }],
      ['r1', { sagaId: 's9', kind: 'reply' }],
      ['c3', { sagaId: 's2' }],
      ['c4', { sagaId: 's1' }],
    ] as const
    for (const [name, parts] of asked) {
      await store.transaction(tx => tx.admit([message(name, parts)]))
      await nextMillisecond(store)
    }
    const since = (await store.queries.inboxRow('c2'))!.receivedAt
    const first = await store.queries.participations({ since, limit: 2 })
    expect(first.rows).toEqual(['s2'])
    expect(await store.queries.participations({ since, limit: 2, after: first.next! })).toEqual({
      rows: ['s1'],
      next: undefined,
    })
    await expect(store.queries.participations({ since, limit: 2, after: 'there' })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    })
  })

  test('the messages of a chain come oldest first', async () => {
    const store = await fresh()
    for (const name of ['m2', 'm1', 'm3']) {
      await store.transaction(tx => tx.admit([message(name)]))
      await nextMillisecond(store)
    }
    await store.transaction(tx => tx.admit([message('stranger', { correlationId: 'another' })]))
    expect(identities(await store.queries.messages('chain'))).toEqual(['m2', 'm1', 'm3'])
  })
}

function failures(fresh: Fresh): void {
  test('say the same but for numbers, ids and what stands in quotes', async () => {
    const store = await fresh()
    await store.transaction(tx =>
      tx.admit([
        message('a', { handling: { ...dead(), error: 'order 17 of "Ada" is gone (0190cafe-17)' } }),
        message('b', { handling: { ...dead(), error: 'order 4 of "Grace H." is gone (0190babe-4)' } }),
        message('c', { handling: { ...dead(), error: 'order 5 of "" is gone (deadbeef)' } }),
        message('d', { handling: { ...dead(), error: 'order 6 of "x" is gone (ffffffff)' } }),
        message('e', {
          type: 'payments.charge',
          handling: { ...dead(), error: 'order 17 of "Ada" is gone (0190cafe-17)' },
        }),
        message('f', { handling: { ...parked(), error: 'no answer' } }),
        message('g', { handling: parked() }),
        message('h', { handling: handling({ state: 'ignored', error: 'no answer' }) }),
      ]),
    )
    const groups = await store.queries.failures()
    expect(groups).toHaveLength(3)
    const said = { code: undefined, step: undefined, more: false, fingerprint: expect.any(String) }
    const times = { oldestAt: expect.any(Number), newestAt: expect.any(Number) }
    expect(groups[0]).toEqual({
      ...{ ...said, ...times, kind: 'dead letter', what: 'inventory.reserve', count: 4 },
      says: 'order 17 of "Ada" is gone (0190cafe-17)',
      examples: ['a', 'b', 'c'],
    })
    expect(groups.slice(1)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'dead letter', what: 'payments.charge', count: 1, examples: ['e'] }),
        expect.objectContaining({ kind: 'parked message', count: 1, says: 'no answer', examples: ['f'] }),
      ]),
    )
    for (const { kind, fingerprint, count } of groups.filter(group => group.kind !== 'stuck saga')) {
      const inState = kind === 'dead letter' ? 'dead' : 'parked'
      const { rows } = await store.queries.inbox({ state: inState, fingerprint, limit: 10 })
      expect(rows, 'the list of a group has what the group counts').toHaveLength(count)
      expect(new Set(rows.map(row => row.fingerprint))).toEqual(new Set([fingerprint]))
    }
  })

  test('stuck sagas are grouped by what they are stuck with, and where', async () => {
    const store = await fresh()
    const hostile = { reserve: { ...done, reply: '\u0000 \uD834 "trouble":{"code":"FAKE"}' } }
    await begin(
      store,
      saga('a', {
        state: stuck('SILENT', 'charge', hostile, 'No answer to 8 messages since 2026-01-01T10:00:00.000Z.'),
      }),
      saga('b', { state: stuck('SILENT', 'charge', {}, 'No answer to 8 messages since 2026-03-04T11:12:13.500Z.') }),
      saga('c', { state: stuck('SILENT', 'ship', {}, 'No answer to 8 messages since 2026-01-01T10:00:00.000Z.') }),
      saga('d', { state: stuck('DEADLINE_PASSED', undefined, {}, 'It has not ended in 5000 ms.') }),
      saga('e', { definition: 'refund', state: stuck('SILENT', 'charge', {}, 'No answer to 8 messages since today.') }),
      saga('f'),
    )
    const groups = await store.queries.failures()
    expect(
      groups.map(({ kind, what, code, step, count, examples }) => [kind, what, code, step, count, examples]),
    ).toEqual(
      expect.arrayContaining([
        ['stuck saga', 'checkout', 'SILENT', 'charge', 2, ['a', 'b']],
        ['stuck saga', 'checkout', 'SILENT', 'ship', 1, ['c']],
        ['stuck saga', 'checkout', 'DEADLINE_PASSED', undefined, 1, ['d']],
        ['stuck saga', 'refund', 'SILENT', 'charge', 1, ['e']],
      ]),
    )
    expect(groups).toHaveLength(4)
    expect(groups[0]).toMatchObject({ count: 2, says: expect.stringContaining('2026-01-01T10') })
  })

  test('however deep the replies are nested that came before', async () => {
    const store = await fresh()
    let reply: unknown = 'deep'
    for (let depth = 0; depth < 64; depth++) reply = depth % 2 === 0 ? [reply] : { trouble: reply }
    await begin(store, saga('a', { state: stuck('SILENT', 'charge', { reserve: { ...done, reply }, charge: open }) }))
    expect(await store.queries.failures()).toMatchObject([{ code: 'SILENT', step: 'charge', examples: ['a'] }])
    // MariaDB takes no more than 32 levels apart: the others are counted.
    await begin(store, saga('b', { state: running({ charge: open }) }))
    expect(await store.queries.standing()).toContainEqual(
      expect.objectContaining({ status: 'running', step: 'charge' }),
    )
  })

  test('there are none where nothing fails', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit([message('a')]))
    expect(await store.queries.failures()).toEqual([])
  })
}

function letters(fresh: Fresh, traits: StoreTraits): void {
  test('each redriven one is due when it says', async () => {
    const store = await fresh()
    const ids = ['a', 'b', 'c']
    await store.transaction(tx => tx.admit(ids.map(id => message(id, { handling: dead() }))))
    const redriven = await store.transaction(tx =>
      tx.redrive(ids.map((identity, at) => ({ identity, dueInMs: at * 60_000 }))),
    )
    expect([...redriven].sort()).toEqual(ids)
    expect(identities(await store.claimParked(10, 60_000, []))).toEqual(['a'])
    const { rows } = await store.queries.inbox({ state: 'parked', limit: 10 })
    const due = new Map(rows.map(row => [row.identity, row.dueAt!]))
    expect(due.get('c')! - due.get('b')!).toBe(60_000)
  })

  test('one that is redriven with another envelope is handled with that, and is the same as before when it comes again', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit([message('a', { digest: 'of what came', handling: dead() })]))
    const mended = { ...envelope('m1'), body: '{"mended":"ünï \\u0000 ☃"}' }
    await store.transaction(tx => tx.redrive([{ identity: 'a', dueInMs: 0, envelope: mended }]))
    const [claimed] = await store.claimParked(1, 60_000, [])
    expect(claimed).toMatchObject({ digest: 'of what came', handling: { custody: { envelope: mended } } })
  })

  test('a discarded one is no dead letter any more, and keeps its answer', async () => {
    const store = await fresh()
    const answer = { failure: 'UNPROCESSABLE', payload: { error: 'it threw' } }
    await store.transaction(tx =>
      tx.admit([message('a', { handling: { ...dead(), answer } }), message('b', { handling: dead() }), message('c')]),
    )
    expect(await store.transaction(tx => tx.discard(['a', 'c', 'absent']))).toEqual(['a'])
    expect(identities((await store.queries.inbox({ state: 'dead', limit: 10 })).rows)).toEqual(['b'])
    expect(await store.queries.figures()).toMatchObject({ dead: 1 })
    const row = await store.queries.inboxRow('a')
    expect(row).toMatchObject({ fingerprint: undefined, handling: { state: 'dead', answer, error: 'it threw' } })
    expect(row?.handling.custody).toBeUndefined()
    expect(await redrive(store, 'a')).toEqual([])
    expect(await store.transaction(tx => tx.discard(['a']))).toEqual([])
    expect(await store.nextParkedInMs()).toBeUndefined()
  })

  test('a discarded one is pruned like what is finished, and one that is not never', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit(['a', 'b'].map(id => message(id, { handling: dead() }))))
    await store.transaction(tx => tx.discard(['a']))
    expect(await store.prune({ inboxMs: -60_000, sagasMs: -60_000 }, 10)).toBe(1)
    expect(await store.queries.inboxRow('a')).toBeUndefined()
    expect(await store.queries.inboxRow('b')).toBeDefined()
  })

  test.runIf(traits.concurrent)('of several who act on the same letters at once, one has each', async () => {
    const store = await fresh()
    const ids = Array.from({ length: 40 }, (_, index) => `m${index}`)
    await store.transaction(tx => tx.admit(ids.map(id => message(id, { handling: dead() }))))
    const given = ids.map(identity => ({ identity, dueInMs: 60_000 }))
    const acted = await Promise.all([
      store.transaction(tx => tx.redrive(given)),
      store.transaction(tx => tx.discard(ids.toReversed())),
      store.transaction(tx => tx.redrive(given.toReversed())),
      store.transaction(tx => tx.discard(ids)),
    ])
    expect(acted.flat().sort()).toEqual(ids.toSorted())
  })

  test('what is done to them is undone with its transaction', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit(['a', 'b'].map(id => message(id, { handling: dead() }))))
    const failing = store.transaction(async tx => {
      await tx.redrive([{ identity: 'a', dueInMs: 0 }])
      await tx.discard(['b'])
      await tx.addToAudit([entry()])
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    expect(identities((await store.queries.inbox({ state: 'dead', limit: 10 })).rows)).toEqual(['a', 'b'])
    expect((await store.queries.audit({ limit: 10 })).rows).toEqual([])
  })
}

function audit(fresh: Fresh): void {
  test('what was written is what is read, newest first, page by page', async () => {
    const store = await fresh()
    const odd = 'ünï "quoted" \\ {NULL} 𝄞'
    const entries = [
      entry({ action: 'retry', target: 's1', detail: { from: 'stuck', to: 'running' } }),
      entry({ by: odd, reason: odd, detail: { odd: [odd, null, 1.5] } }),
      entry({ action: 'prune', target: undefined, detail: undefined }),
    ]
    await store.transaction(tx => tx.addToAudit(entries.slice(0, 2)))
    await store.transaction(tx => tx.addToAudit(entries.slice(2)))
    const read = { number: expect.any(String), at: expect.any(Number) }
    const { rows, next } = await store.queries.audit({ limit: 2 })
    expect(rows).toEqual([
      { ...entries[2], ...read },
      { ...entries[1], ...read },
    ])
    expect(await store.queries.audit({ limit: 2, after: next! })).toEqual({
      rows: [{ ...entries[0], ...read }],
      next: undefined,
    })
  })

  test('a hundred entries are read in their order, whatever digits their numbers have', async () => {
    const store = await fresh()
    const reasons = Array.from({ length: 100 }, (_, index) => `because ${index}`)
    await store.transaction(tx => tx.addToAudit(reasons.map(reason => entry({ reason }))))
    const found: string[] = []
    for (let after: string | undefined; ; ) {
      const { rows, next } = await store.queries.audit({ limit: 9, ...(after === undefined ? {} : { after }) })
      found.push(...rows.map(({ reason }) => reason))
      if (next === undefined) break
      after = next
    }
    expect(found).toEqual(reasons.toReversed())
  })

  test('it is looked through by who, what and to what', async () => {
    const store = await fresh()
    await store.transaction(tx =>
      tx.addToAudit([
        entry({ by: 'ada', action: 'retry', target: 's1' }),
        entry({ by: 'grace', action: 'retry', target: 's2' }),
        entry({ by: 'ada', action: 'redrive', target: 's1' }),
      ]),
    )
    const found = async (search: { by?: string; action?: string; target?: string }) =>
      (await store.queries.audit({ limit: 10, ...search })).rows.map(({ by, action, target }) => [by, action, target])
    expect(await found({ target: 's1' })).toEqual([
      ['ada', 'redrive', 's1'],
      ['ada', 'retry', 's1'],
    ])
    expect(await found({ by: 'grace' })).toEqual([['grace', 'retry', 's2']])
    expect(await found({ by: 'ada', action: 'retry', target: 's1' })).toEqual([['ada', 'retry', 's1']])
    expect(await found({ target: 's2', by: 'ada' })).toEqual([])
  })

  test('one service does not see what was done in another', async () => {
    const [one, other] = [await fresh(), await fresh()]
    await one.transaction(tx => tx.addToAudit([entry()]))
    expect((await other.queries.audit({ limit: 10 })).rows).toEqual([])
  })

  test('pruning leaves it', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.addToAudit([entry()]))
    await store.prune({ inboxMs: -60_000, sagasMs: -60_000 }, 10)
    expect((await store.queries.audit({ limit: 10 })).rows).toHaveLength(1)
  })
}

function whole(fresh: Fresh): void {
  test('figures count what needs attention', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      tx.admit([message('p', { handling: parked() }), message('d', { handling: dead() }), message('h')])
      tx.addToOutbox([envelope('e1'), envelope('e2')], 60_000)
      tx.insertSagas([saga('a'), saga('b'), saga('c', { state: state('stuck') })])
    })
    const figures = await store.queries.figures()
    expect(figures).toMatchObject({ sagas: { running: 2, stuck: 1 }, parked: 1, dead: 1, outbox: 2 })
    expect(figures.outboxAgeMs).toBeGreaterThanOrEqual(0)
  })

  test('figures tell for how long something has waited', async () => {
    const store = await fresh()
    const now = await store.transaction(async tx => {
      const now = await tx.now()
      tx.admit([message('p', { handling: parked() }), message('d', { handling: dead() })])
      tx.insertSagas([
        saga('late', { wakeAt: now - 60_000 }),
        saga('in time', { wakeAt: now + 60_000 }),
        saga('stuck', { state: state('stuck') }),
      ])
      return now
    })
    const { unchangedMs, overdueMs, parkedAgeMs } = await store.queries.figures()
    const sinceMs = (await store.transaction(tx => tx.now())) - now
    expect(Object.keys(unchangedMs).sort()).toEqual(['running', 'stuck'])
    for (const ms of [unchangedMs.running, unchangedMs.stuck, parkedAgeMs]) {
      expect(ms).toBeGreaterThanOrEqual(0)
      expect(ms).toBeLessThanOrEqual(sinceMs)
    }
    expect(overdueMs).toBeGreaterThanOrEqual(60_000)
    expect(overdueMs).toBeLessThanOrEqual(60_000 + sinceMs)
  })

  test('its condition: the clock, the schema, how much is in the inbox, and why the outbox stands still', async () => {
    const store = await fresh()
    const none = await store.queries.condition()
    expect(none).toMatchObject({ inbox: { count: 0, more: false }, outboxError: undefined })
    expect(none.schema.applied).toBe(none.schema.known)
    expect(none.schema.known).toBeGreaterThanOrEqual(2)
    expect(Math.abs(none.now - (await store.transaction(tx => tx.now())))).toBeLessThan(10_000)

    await store.transaction(async tx => {
      tx.admit([message('a'), message('b')])
      tx.addToOutbox([envelope('first'), envelope('second'), envelope('third')], 0)
    })
    await store.postpone([
      { id: 'first', inMs: 1_000, error: 'nobody takes it' },
      { id: 'second', inMs: 2_000, error: 'the broker is away' },
      { id: 'third', inMs: 3_000 },
    ])
    expect(await store.queries.condition()).toMatchObject({
      inbox: { count: 2, more: false },
      outboxError: 'the broker is away',
    })
  })

  test('it answers when it is there', async () => {
    await (await fresh()).ping()
  })
}

// ── What these scenarios are made of ────────────────────────────────────────────────────────────────────────────────

const open = { state: 'open', ask: { attempt: 1, asked: 1, firstSentAt: 1, wakeAt: 2 } } as const
const done = { state: 'succeeded', reply: { id: 'r1' }, firstSentAt: 1 } as const
const cause = { step: 'charge', code: 'DECLINED', details: null }

interface Ahead {
  readonly [step: string]: Forward
}

function running(ahead: Ahead): Running {
  const steps = Object.fromEntries(Object.entries(ahead).map(([name, forward]) => [name, { forward }]))
  return { status: 'running', steps, deadlineAt: undefined, cause: undefined }
}

function stuck(code: Trouble['code'], step: string | undefined, ahead: Ahead, says = 'It is silent.'): Stuck {
  return { status: 'stuck', was: running(ahead), trouble: { code, step, says }, undecided: undefined }
}

function entry(parts: Partial<AuditEntry> = {}): AuditEntry {
  return { by: 'ada', action: 'discard', target: 'm1', reason: 'it is of no use', detail: {}, ...parts }
}

/** Starts them one after the other. */
async function begin(store: ServiceStore<StatementClient>, ...sagas: readonly NewSaga[]): Promise<void> {
  for (const one of sagas) {
    await store.transaction(tx => tx.insertSagas([one]))
    await nextMillisecond(store)
  }
}

/** What a search finds is not a question of how busy the machine is. */
const inNoHurry = { withinMs: 60_000 }

async function ids(store: ServiceStore<StatementClient>, search: Partial<SagaSearch>): Promise<readonly string[]> {
  return (await store.queries.sagas({ limit: 10, ...inNoHurry, ...search })).rows.map(row => row.id)
}

/** All pages, one after the other. */
async function pages(
  store: ServiceStore<StatementClient>,
  search: SagaSearch,
): Promise<readonly (readonly string[])[]> {
  const found: (readonly string[])[] = []
  for (let after: string | undefined; ; ) {
    const { rows, next } = await store.queries.sagas({ ...inNoHurry, ...search, ...(after && { after }) })
    found.push(rows.map(row => row.id))
    if (next === undefined) return found
    after = next
  }
}
