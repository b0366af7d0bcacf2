import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SagaStatus } from '../model/saga-state.ts'
import type { NewSaga, SagaRow, ServiceStore, StoreTraits } from '../ports/store.ts'
import type { Envelope } from '../ports/wire.ts'
import { operations } from './store-operations.ts'
import {
  custody,
  dead,
  endLease,
  envelope,
  eventually,
  type Fresh,
  gate,
  handling,
  identities,
  meeting,
  message,
  type OpenedStore,
  park,
  parked,
  redrive,
  type StatementClient,
  type StoreWords,
  saga,
  somebodyWaits,
  state,
} from './store-scenario.ts'

export type { OpenedStore, StatementClient, StoreWords } from './store-scenario.ts'

/**
 * What every store promises, one scenario a sentence of the port. Run it against an adapter of your own:
 *
 * ```ts
 * storeContract('pglite', traits, async () => ({ store: pglite(), close: async () => {} }))
 * ```
 *
 * `open` makes an empty database. It is called once for all scenarios but those about migrations: the others have a
 * service of their own each. What `traits` does not claim is not tested.
 */
export function storeContract(
  name: string,
  traits: StoreTraits,
  open: () => Promise<OpenedStore>,
  words: StoreWords = postgresWords,
): void {
  describe(`store: ${name}`, () => {
    const fresh = sharedDatabase(open)
    test('it claims the traits that are tested here', async () => {
      const opened = await open()
      expect(opened.store.traits).toEqual(traits)
      await opened.close()
    })
    describe('migrate', () => migrating(open, words))
    describe('a transaction', () => transactions(fresh, traits, words))
    describe('a savepoint', () => savepoints(fresh, words))
    describe('locks', () => locks(fresh, traits, words))
    describe('the inbox', () => inbox(fresh, traits, words))
    describe('parked messages', () => parkedMessages(fresh, traits))
    describe('dead letters', () => deadLetters(fresh))
    describe('the outbox', () => outbox(fresh, traits))
    describe('order per key', () => orderPerKey(fresh, traits))
    describe('sagas', () => sagas(fresh, traits, words))
    describe('the journal', () => journal(fresh))
    describe('prune', () => pruning(fresh))
    describe('what is kept', () => keeping(fresh))
    describe('services that share a database', () => sharing(fresh))
    describe('operations', () => operations(fresh, traits, words))
  })
}

const postgresWords: StoreWords = {
  fails: 'select 1 / 0',
  migrations: 'makegood.migration',
  sagas: 'makegood.saga',
  somebodyWaits: async db => {
    const waiting = await db.query(
      `select count(*) > 0 as waiting
       from pg_stat_activity
       where datname = current_database()
         and wait_event_type = 'Lock'`,
    )
    return (waiting as { readonly rows: readonly { readonly waiting: boolean }[] }).rows[0]!.waiting
  },
}

/** One database for many scenarios, and a service of its own for each. */
function sharedDatabase(open: () => Promise<OpenedStore>): Fresh {
  let opened: OpenedStore | undefined
  let services = 0
  const stores: ServiceStore<StatementClient>[] = []
  beforeAll(async () => {
    opened = await open()
    const first = opened.store.open('first')
    stores.push(first)
    await first.migrate()
  })
  afterAll(async () => {
    for (const store of stores) await store.close()
    await opened?.close()
  })
  return async () => {
    services += 1
    const store = opened!.store.open(`service-${services}`)
    stores.push(store)
    return store
  }
}

function migrating(open: () => Promise<OpenedStore>, { migrations }: StoreWords): void {
  test('five processes may migrate an empty database at once', async () => {
    const { store, close } = await open()
    const services = ['a', 'b', 'c', 'd', 'e'].map(service => store.open(service))
    await Promise.all(services.map(service => service.migrate()))
    await services[0]!.transaction(tx => tx.admit([message('m1')]))
    expect(await services[0]!.queries.inboxRow('m1')).toBeDefined()
    for (const service of services) await service.close()
    await close()
  })

  test('a database that is up to date is left as it is', async () => {
    const { store, close } = await open()
    const service = store.open('a')
    await service.migrate()
    await service.transaction(tx => tx.admit([message('m1')]))
    await service.migrate()
    expect(await service.queries.inboxRow('m1')).toBeDefined()
    await service.close()
    await close()
  })

  test('a database that a newer version migrated is refused', async () => {
    const { store, close } = await open()
    const service = store.open('a')
    await service.migrate()
    await service.transaction(tx =>
      tx.db.query(`insert into ${migrations} (number, name, checksum) values (9999, '9999-later.sql', 'x')`),
    )
    await expect(service.migrate()).rejects.toMatchObject({ code: 'SCHEMA_NEWER', message: /9999-later\.sql/ })
    await service.close()
    await close()
  })

  test('a shipped migration that is not the one which was applied is refused', async () => {
    const { store, close } = await open()
    const service = store.open('a')
    await service.migrate()
    await service.transaction(tx => tx.db.query(`update ${migrations} set checksum = 'another' where number = 1`))
    await expect(service.migrate()).rejects.toMatchObject({ code: 'SCHEMA_CHANGED' })
    await service.close()
    await close()
  })
}

function transactions(fresh: Fresh, traits: StoreTraits, { fails }: StoreWords): void {
  test('what it wrote is there when it has resolved, and its result is passed on', async () => {
    const store = await fresh()
    const result = await store.transaction(async tx => {
      await tx.admit([message('m1')])
      return 'done'
    })
    expect(result).toBe('done')
    expect(await store.queries.inboxRow('m1')).toBeDefined()
  })

  test('what its work throws rolls it back and is thrown on', async () => {
    const store = await fresh()
    const thrown = new Error('no')
    const transaction = store.transaction(async tx => {
      await tx.admit([message('m1')])
      throw thrown
    })
    await expect(transaction).rejects.toBe(thrown)
    expect(await store.queries.inboxRow('m1')).toBeUndefined()
  })

  test('statements that nobody awaits are part of it', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      tx.admit([message('m1')])
      tx.settle([{ identity: 'm1', handling: handling({ state: 'failed' }) }])
    })
    expect(await store.queries.inboxRow('m1')).toMatchObject({ handling: { state: 'failed' } })
  })

  test('a statement that fails unawaited fails it, by its own error', async () => {
    const store = await fresh()
    const transaction = store.transaction(async tx => {
      tx.admit([message('m1')])
      tx.db.query(fails)
      tx.addToOutbox([envelope('e1')], 0)
    })
    await expect(transaction).rejects.toThrow('division by zero')
    expect(await store.queries.inboxRow('m1')).toBeUndefined()
  })

  test('a failed statement that its work caught outside a savepoint fails it too', async () => {
    const store = await fresh()
    const transaction = store.transaction(async tx => {
      await tx.admit([message('m1')])
      await tx.db.query(fails).catch(() => {})
    })
    await expect(transaction).rejects.toThrow('division by zero')
    expect(await store.queries.inboxRow('m1')).toBeUndefined()
  })

  test('statements after a failed one fail with what failed first', async () => {
    const store = await fresh()
    const transaction = store.transaction(async tx => {
      tx.db.query(fails)
      await tx.admit([message('m1')])
    })
    await expect(transaction).rejects.toThrow('division by zero')
  })

  test('one that fails is no harm to the next', async () => {
    const store = await fresh()
    for (let round = 0; round < 12; round++) {
      await expect(store.transaction(tx => tx.db.query(fails))).rejects.toThrow('division by zero')
    }
    await store.transaction(tx => tx.admit([message('m1')]))
    expect(await store.queries.inboxRow('m1')).toBeDefined()
  })

  test('what was rolled back by the user is not taken for committed', async () => {
    const store = await fresh()
    const transaction = store.transaction(async tx => {
      await tx.admit([message('m1')])
      await tx.db.query('rollback')
      await tx.db.query('begin')
      await tx.db.query(fails).catch(() => {})
    })
    await expect(transaction).rejects.toThrow()
  })

  test('its client refuses statements once it is over', async () => {
    const store = await fresh()
    const kept = await store.transaction(async tx => tx.db)
    expect(() => kept.query('select 1')).toThrow(expect.objectContaining({ code: 'TRANSACTION_CLOSED' }))
  })

  test('its time stands still, and is that of the database', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      const [first, second] = [await tx.now(), await tx.now()]
      expect(second).toBe(first)
      expect(Math.abs(first - Date.now())).toBeLessThan(60_000)
    })
  })

  test('calls with nothing to write resolve with nothing', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      expect(await tx.admit([])).toEqual(new Set())
      expect(await tx.insertSagas([])).toEqual([])
      expect(await tx.lockInbox([])).toEqual([])
      expect(await tx.lockSagas([])).toEqual([])
      expect(await tx.redrive([])).toEqual([])
      expect(await tx.discard([])).toEqual([])
      await Promise.all([tx.lock([]), tx.settle([]), tx.saveSagas([]), tx.addToJournal([]), tx.addToOutbox([], 0)])
      await tx.addToAudit([])
    })
    await store.forget([])
    await store.postpone([])
  })

  test.runIf(traits.concurrent)('a deadlock is a conflict for one of the two', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit([message('a'), message('b')]))
    const both = meeting(2)
    const touch = (first: string, second: string) =>
      store.transaction(async tx => {
        await tx.lockInbox([first])
        await both()
        await tx.lockInbox([second])
      })
    const outcomes = await Promise.allSettled([touch('a', 'b'), touch('b', 'a')])
    const failed = outcomes.filter(outcome => outcome.status === 'rejected')
    expect(failed).toHaveLength(1)
    expect(store.classify(failed[0]!.reason)).toBe('conflict')
  })

  test('an error of the work is neither a conflict nor an outage', async () => {
    const store = await fresh()
    expect(store.classify(new Error('a bug'))).toBe('other')
    expect(store.classify(Object.assign(new Error('duplicate'), { code: '23505' }))).toBe('other')
    expect(store.classify(undefined)).toBe('other')
  })

  test('a hundred at once all come to their end', async () => {
    const store = await fresh()
    const names = Array.from({ length: 100 }, (_, index) => `m${index}`)
    await Promise.all(names.map(identity => store.transaction(tx => tx.admit([message(identity)]))))
    expect(await store.queries.messages('chain')).toHaveLength(100)
  })
}

function savepoints(fresh: Fresh, { fails }: StoreWords): void {
  test('what is rolled back is gone, what was before and after it stays', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      tx.admit([message('before')])
      const savepoint = tx.savepoint()
      tx.admit([message('within')])
      await savepoint.rollback()
      tx.admit([message('after')])
    })
    expect((await store.queries.messages('chain')).map(row => row.identity).sort()).toEqual(['after', 'before'])
  })

  test('what is released is kept', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      const savepoint = tx.savepoint()
      tx.admit([message('within')])
      savepoint.release()
    })
    expect(await store.queries.inboxRow('within')).toBeDefined()
  })

  test('after SQL that failed in it, rolling back makes the transaction usable again', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      const savepoint = tx.savepoint()
      expect(savepoint.failed).toBeUndefined()
      await expect(savepoint.db.query(fails)).rejects.toThrow('division by zero')
      expect(savepoint.failed?.error).toMatchObject({ message: expect.stringContaining('division by zero') })
      await savepoint.rollback()
      expect(await tx.admit([message('m1')])).toEqual(new Set(['m1']))
    })
    expect(await store.queries.inboxRow('m1')).toBeDefined()
  })

  test('SQL that failed in it unawaited fails nothing if it is rolled back', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      const savepoint = tx.savepoint()
      savepoint.db.query(fails)
      await savepoint.rollback()
      tx.admit([message('m1')])
    })
    expect(await store.queries.inboxRow('m1')).toBeDefined()
  })

  test('SQL that failed in it unawaited fails the transaction if it is released', async () => {
    const store = await fresh()
    const transaction = store.transaction(async tx => {
      const savepoint = tx.savepoint()
      savepoint.db.query(fails)
      savepoint.release()
      tx.admit([message('m1')])
    })
    await expect(transaction).rejects.toThrow('division by zero')
    expect(await store.queries.inboxRow('m1')).toBeUndefined()
  })

  test('one in another is rolled back alone, or with the one around it', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      const outer = tx.savepoint()
      tx.admit([message('outer')])
      const inner = tx.savepoint()
      tx.admit([message('inner')])
      await inner.rollback()
      outer.release()
      const second = tx.savepoint()
      const within = tx.savepoint()
      tx.admit([message('lost')])
      within.release()
      await second.rollback()
    })
    expect((await store.queries.messages('chain')).map(row => row.identity)).toEqual(['outer'])
  })

  test('fifty in a transaction, every third of which fails, keep the others', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      for (let index = 0; index < 50; index++) {
        const savepoint = tx.savepoint()
        tx.admit([message(`m${index}`)])
        if (index % 3 > 0) savepoint.release()
        else {
          savepoint.db.query(fails)
          await savepoint.rollback()
        }
      }
    })
    expect(await store.queries.messages('chain')).toHaveLength(33)
  })

  test('its client refuses statements once it was released or rolled back', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      const released = tx.savepoint()
      released.release()
      expect(() => released.db.query('select 1')).toThrow(expect.objectContaining({ code: 'TRANSACTION_CLOSED' }))
      const undone = tx.savepoint()
      await undone.rollback()
      expect(() => undone.db.query('select 1')).toThrow(expect.objectContaining({ code: 'TRANSACTION_CLOSED' }))
    })
  })
}

function locks(fresh: Fresh, traits: StoreTraits, words: StoreWords): void {
  test('a name may be locked twice in one transaction', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      await tx.lock(['a', 'a', 'b'])
      await tx.lock(['b', 'a'])
    })
  })

  test.runIf(traits.concurrent)('who comes second waits for the end of the first', async () => {
    const store = await fresh()
    const order: string[] = []
    const first = gate()
    const holder = store.transaction(async tx => {
      await tx.lock(['stock/1'])
      first.reached()
      await first.opened
      order.push('first')
    })
    await first.wasReached
    const waiter = store.transaction(async tx => {
      await tx.lock(['stock/1'])
      order.push('second')
    })
    await somebodyWaits(store, words)
    first.open()
    await Promise.all([holder, waiter])
    expect(order).toEqual(['first', 'second'])
  })

  test.runIf(traits.concurrent)('twenty transactions with the same names in any order all end', async () => {
    const store = await fresh()
    const names = ['a', 'b', 'c', 'd', 'e']
    const turned = (by: number) => [...names.slice(by % 5), ...names.slice(0, by % 5)]
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.transaction(tx => tx.lock(turned(index)))))
  })
}

function inbox(fresh: Fresh, traits: StoreTraits, words: StoreWords): void {
  test('a message is admitted once; the second time it is not new', async () => {
    const store = await fresh()
    expect(await store.transaction(tx => tx.admit([message('m1'), message('m2')]))).toEqual(new Set(['m1', 'm2']))
    expect(await store.transaction(tx => tx.admit([message('m2'), message('m3')]))).toEqual(new Set(['m3']))
  })

  test('the first of two with one identity in one call is admitted', async () => {
    const store = await fresh()
    const [first, second] = [message('m1', { digest: 'first' }), message('m1', { digest: 'second' })]
    expect(await store.transaction(tx => tx.admit([first, second]))).toEqual(new Set(['m1']))
    expect(await store.queries.inboxRow('m1')).toMatchObject({ digest: 'first' })
  })

  test('one that was not new is as it was', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit([message('m1', { messageId: 'first' })]))
    await store.transaction(tx => tx.admit([message('m1', { messageId: 'second' })]))
    expect(await store.queries.inboxRow('m1')).toMatchObject({ messageId: 'first' })
  })

  test.runIf(traits.concurrent)('who admits the same message second waits, and learns that it is not new', async () => {
    const store = await fresh()
    const first = gate()
    const holder = store.transaction(async tx => {
      await tx.admit([message('m1')])
      first.reached()
      await first.opened
    })
    await first.wasReached
    const waiter = store.transaction(async tx => {
      const admitted = await tx.admit([message('m1')])
      return { admitted, rows: await tx.lockInbox(['m1']) }
    })
    await somebodyWaits(store, words)
    first.open()
    await holder
    const { admitted, rows } = await waiter
    expect(admitted).toEqual(new Set())
    expect(rows).toMatchObject([{ identity: 'm1' }])
  })

  test.runIf(traits.concurrent)('who admits it second is first if the first rolls back', async () => {
    const store = await fresh()
    const first = gate()
    const holder = store.transaction(async tx => {
      await tx.admit([message('m1')])
      first.reached()
      await first.opened
      throw new Error('rolled back')
    })
    await first.wasReached
    const waiter = store.transaction(tx => tx.admit([message('m1')]))
    await somebodyWaits(store, words)
    first.open()
    await expect(holder).rejects.toThrow('rolled back')
    expect(await waiter).toEqual(new Set(['m1']))
  })

  test.runIf(traits.concurrent)('ten that admit the same fifty in any order do not deadlock', async () => {
    const store = await fresh()
    const rows = Array.from({ length: 50 }, (_, index) => message(`m${index}`))
    const admitted = await Promise.all(
      Array.from({ length: 10 }, (_, turn) =>
        store.transaction(tx => tx.admit([...rows.slice(turn * 5), ...rows.slice(0, turn * 5)])),
      ),
    )
    expect(admitted.flatMap(identities => [...identities]).sort()).toEqual(rows.map(row => row.identity).sort())
  })

  test('locked rows come in order of identity, and those that are not there are left out', async () => {
    const store = await fresh()
    const rows = await store.transaction(async tx => {
      tx.admit(['c', 'B', 'a'].map(identity => message(identity)))
      return tx.lockInbox(['c', 'absent', 'a', 'B'])
    })
    expect(rows.map(row => row.identity)).toEqual(['B', 'a', 'c'])
  })

  test('what was settled is what is read, every field of it', async () => {
    const store = await fresh()
    const settled = handling({
      state: 'in doubt',
      attempt: 3,
      refusals: 2,
      callBegun: true,
      answer: { failure: 'NO_STOCK', payload: { sku: 'a', missing: [1, null, 'x'] } },
      error: 'it said "no" \\ and {went}, NULL',
      custody: custody({ attempts: 4, firstAttemptAt: 1_700_000_000_123, fence: 9 }),
    })
    await store.transaction(async tx => {
      tx.admit([message('m1')])
      tx.settle([{ identity: 'm1', handling: settled }])
    })
    const row = await store.queries.inboxRow('m1')
    const seen = { receivedAt: expect.any(Number), dueAt: undefined, fingerprint: undefined }
    expect(row).toEqual({ ...message('m1'), handling: settled, ...seen })
  })

  test('custody that is over is gone', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit([message('m1', { handling: parked() })]))
    await store.transaction(tx => tx.settle([{ identity: 'm1', handling: handling({ state: 'succeeded' }) }]))
    expect((await store.queries.inboxRow('m1'))?.handling.custody).toBeUndefined()
    expect(await store.nextParkedInMs()).toBeUndefined()
  })
}

function parkedMessages(fresh: Fresh, traits: StoreTraits): void {
  test('those that are due are claimed, oldest first, and no more than were asked for', async () => {
    const store = await fresh()
    await park(store, { later: 60_000, third: -1_000, first: -3_000, second: -2_000 })
    expect(identities(await store.claimParked(2, 60_000, []))).toEqual(['first', 'second'])
    expect(identities(await store.claimParked(2, 60_000, []))).toEqual(['third'])
  })

  test('a claim counts an attempt, notes the first, raises the fence and holds until its lease is over', async () => {
    const store = await fresh()
    await park(store, { m1: 0 })
    const [first] = await store.claimParked(1, 60_000, [])
    expect(first?.handling.custody).toMatchObject({ attempts: 1, fence: 1, envelope: envelope('m1') })
    expect(first?.handling.custody?.leaseMs).toBeGreaterThan(50_000)
    const { firstAttemptAt } = first!.handling.custody!
    expect(Math.abs(firstAttemptAt - Date.now())).toBeLessThan(60_000)
    expect(await store.claimParked(1, 60_000, [])).toEqual([])
    await endLease(store, 'm1')
    const [second] = await store.claimParked(1, 60_000, [])
    expect(second?.handling.custody).toMatchObject({ attempts: 2, fence: 2, firstAttemptAt })
  })

  test('one that is parked under a lease is not claimed before it is over', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit([message('m1', { handling: parked({ leaseMs: 60_000, fence: 1 }) })]))
    expect(await store.claimParked(1, 60_000, [])).toEqual([])
    await endLease(store, 'm1')
    expect(identities(await store.claimParked(1, 60_000, []))).toEqual(['m1'])
  })

  test('a claim is over at the time its lease says', async () => {
    const store = await fresh()
    await park(store, { m1: 0 })
    await store.claimParked(1, 30, [])
    expect(identities(await eventually(() => store.claimParked(1, 60_000, [])))).toEqual(['m1'])
  })

  test('the next one is due when the earliest is, or when its lease is over', async () => {
    const store = await fresh()
    expect(await store.nextParkedInMs()).toBeUndefined()
    await park(store, { later: 60_000, sooner: 30_000 })
    expect(await store.nextParkedInMs()).toBeGreaterThan(20_000)
    expect(await store.nextParkedInMs()).toBeLessThanOrEqual(30_000)
    await park(store, { now: -5_000 })
    expect(await store.nextParkedInMs()).toBe(0)
    await store.claimParked(1, 10_000, [])
    expect(await store.nextParkedInMs()).toBeGreaterThan(5_000)
    expect(await store.nextParkedInMs()).toBeLessThanOrEqual(10_000)
  })

  test('those of the types that are left out stay where they are', async () => {
    const store = await fresh()
    await store.transaction(tx =>
      tx.admit([
        message('m1', { type: 'payments.charge', handling: parked() }),
        message('m2', { type: 'inventory.reserve', handling: parked() }),
      ]),
    )
    const except = ['payments.charge', 'payments.refund']
    expect(identities(await store.claimParked(10, 60_000, except))).toEqual(['m2'])
    expect((await store.queries.inboxRow('m1'))?.handling.custody).toMatchObject({ attempts: 0, fence: 0 })
    expect(identities(await store.claimParked(10, 60_000, []))).toEqual(['m1'])
  })

  test('a dead letter is never due', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit([message('m1', { handling: dead() })]))
    expect(await store.claimParked(1, 1_000, [])).toEqual([])
    expect(await store.nextParkedInMs()).toBeUndefined()
  })

  test.runIf(traits.concurrent)('one that a transaction holds is skipped, not waited for', async () => {
    const store = await fresh()
    await park(store, { held: -2_000, free: -1_000 })
    await store.transaction(async tx => {
      await tx.lockInbox(['held'])
      expect(identities(await store.claimParked(10, 60_000, []))).toEqual(['free'])
    })
  })

  test('ten claimers at once share them, each message to one', async () => {
    const store = await fresh()
    await park(store, Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`m${index}`, 0])))
    const claims = await Promise.all(Array.from({ length: 10 }, () => store.claimParked(10, 60_000, [])))
    const rest = await store.claimParked(100, 60_000, [])
    const claimed = [...claims, rest].flatMap(identities)
    expect(new Set(claimed).size).toBe(60)
    expect(claimed).toHaveLength(60)
  })
}

function deadLetters(fresh: Fresh): void {
  test('a redriven one is parked, due now, its attempts counted anew, its fence never lower', async () => {
    const store = await fresh()
    const worn = dead({ attempts: 7, firstAttemptAt: 1_700_000_000_000, fence: 7 })
    await store.transaction(tx => tx.admit([message('m1', { handling: worn })]))
    expect(await redrive(store, 'm1', 'absent')).toEqual(['m1'])
    expect((await store.queries.inboxRow('m1'))?.handling).toMatchObject({
      state: 'parked',
      custody: { attempts: 0, firstAttemptAt: 0, fence: 7, leaseMs: 0 },
    })
    const [claimed] = await store.claimParked(1, 1_000, [])
    expect(claimed?.handling.custody).toMatchObject({ attempts: 1, fence: 8 })
  })

  test('what is not dead is not redriven', async () => {
    const store = await fresh()
    await park(store, { parked: 60_000 })
    await store.transaction(tx => tx.admit([message('handled')]))
    expect(await redrive(store, 'parked', 'handled')).toEqual([])
    expect((await store.queries.inboxRow('handled'))?.handling.state).toBe('handled')
    expect(await store.claimParked(1, 1_000, [])).toEqual([])
  })
}

function outbox(fresh: Fresh, traits: StoreTraits): void {
  test('rows without a lease are claimed, oldest first, and no more than were asked for', async () => {
    const store = await fresh()
    for (const id of ['a', 'c', 'b']) await store.transaction(tx => tx.addToOutbox([envelope(id)], 0))
    const first = await store.claimOutbox(2, 60_000)
    expect(first.map(row => [row.envelope.id, row.claims])).toEqual([
      ['a', 1],
      ['c', 1],
    ])
    expect((await store.claimOutbox(2, 60_000)).map(row => row.envelope.id)).toEqual(['b'])
    expect(await store.claimOutbox(2, 60_000)).toEqual([])
  })

  test('rows of one call keep their order', async () => {
    const store = await fresh()
    const ids = Array.from({ length: 40 }, (_, index) => `${(index * 7) % 40}`)
    await store.transaction(tx =>
      tx.addToOutbox(
        ids.map(id => envelope(id)),
        0,
      ),
    )
    expect((await store.claimOutbox(100, 1_000)).map(row => row.envelope.id)).toEqual(ids)
  })

  test('rows under a lease are left to who added them until it is over', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      tx.addToOutbox([envelope('held')], 60_000)
      tx.addToOutbox([envelope('short')], 30)
    })
    const claimed = await eventually(() => store.claimOutbox(10, 60_000))
    expect(claimed, 'who added it counts as its first claim').toEqual([{ envelope: envelope('short'), claims: 2 }])
  })

  test('what is forgotten is gone, what is not comes again when its lease is over, and counts its claims', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.addToOutbox([envelope('sent'), envelope('unsent')], 0))
    await store.claimOutbox(10, 30)
    await store.forget(['sent', 'never there'])
    const again = await eventually(() => store.claimOutbox(10, 60_000))
    expect(again).toEqual([{ envelope: envelope('unsent'), claims: 2 }])
  })

  test('what a transaction forgets is gone when it commits, and stays when it is rolled back', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.addToOutbox([envelope('sent'), envelope('unsent')], 0))
    const forgetting = store.transaction(async tx => {
      void tx.forget(['unsent'])
      throw new Error('rolled back')
    })
    await expect(forgetting).rejects.toThrow('rolled back')
    await store.transaction(async tx => void tx.forget(['sent', 'never there']))
    expect((await store.claimOutbox(10, 60_000)).map(row => row.envelope.id)).toEqual(['unsent'])
  })

  test('what is postponed is left for as long as that', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.addToOutbox([envelope('soon'), envelope('late')], 0))
    await store.claimOutbox(10, 60_000)
    await store.postpone([
      { id: 'late', inMs: 60_000 },
      { id: 'soon', inMs: 0 },
    ])
    expect((await store.claimOutbox(10, 60_000)).map(row => row.envelope.id)).toEqual(['soon'])
  })

  test('nothing of a transaction that was rolled back is ever claimed', async () => {
    const store = await fresh()
    const transaction = store.transaction(async tx => {
      await tx.addToOutbox([envelope('ghost')], 0)
      throw new Error('rolled back')
    })
    await expect(transaction).rejects.toThrow('rolled back')
    expect(await store.claimOutbox(10, 1_000)).toEqual([])
  })

  test.runIf(traits.concurrent)('a row of a transaction that commits late is not missed', async () => {
    const store = await fresh()
    const late = gate()
    const slow = store.transaction(async tx => {
      await tx.addToOutbox([envelope('late')], 0)
      late.reached()
      await late.opened
    })
    await late.wasReached
    await store.transaction(tx => tx.addToOutbox([envelope('early')], 0))
    expect((await store.claimOutbox(10, 60_000)).map(row => row.envelope.id)).toEqual(['early'])
    late.open()
    await slow
    expect((await store.claimOutbox(10, 60_000)).map(row => row.envelope.id)).toEqual(['late'])
  })

  test('ten relays at once share the rows, each row to one', async () => {
    const store = await fresh()
    const ids = Array.from({ length: 100 }, (_, index) => `e${index}`)
    await store.transaction(tx =>
      tx.addToOutbox(
        ids.map(id => envelope(id)),
        0,
      ),
    )
    const claims = await Promise.all(Array.from({ length: 10 }, () => store.claimOutbox(20, 60_000)))
    const rest = await store.claimOutbox(100, 60_000)
    expect(
      [...claims, rest]
        .flat()
        .map(row => row.envelope.id)
        .sort(),
    ).toEqual(ids.sort())
  })

  test.runIf(traits.concurrent)(
    'who forgets, postpones and claims the same rows at once does not deadlock',
    async () => {
      const store = await fresh()
      const ids = Array.from({ length: 60 }, (_, index) => `e${index}`)
      await store.transaction(tx =>
        tx.addToOutbox(
          ids.map(id => envelope(id)),
          0,
        ),
      )
      const backwards = ids.toReversed()
      await Promise.all([
        store.forget(ids),
        store.forget(backwards),
        store.postpone(backwards.map(id => ({ id, inMs: 0 }))),
        store.postpone(ids.map(id => ({ id, inMs: 0 }))),
        store.claimOutbox(60, 0),
        store.forget(backwards),
      ])
      expect(await store.claimOutbox(100, 0)).toEqual([])
    },
  )
}

function orderPerKey(fresh: Fresh, traits: StoreTraits): void {
  const inOrder = (id: string, key: string): Envelope => ({ ...envelope(id), key, inOrder: true })
  const claimed = async (store: ServiceStore<StatementClient>, leaseMs = 60_000) =>
    (await store.claimOutbox(10, leaseMs)).map(row => row.envelope.id)

  test('what follows something of its key that is still there is left to the relay, what has no such key is not', async () => {
    const store = await fresh()
    const add = (...added: Envelope[]) => store.transaction(async tx => ({ left: await tx.addToOutbox(added, 60_000) }))
    expect(await add(inOrder('a1', 'a'), inOrder('a2', 'a'))).toEqual({ left: [] })
    expect(await add(inOrder('a3', 'a'), inOrder('b1', 'b'), envelope('free'))).toEqual({ left: ['a3'] })
    await store.forget(['a1', 'a2', 'a3'])
    expect(await add(inOrder('a4', 'a'))).toEqual({ left: [] })
  })

  test('nothing is claimed while something earlier of its key is held, and all of a key comes in its order', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.addToOutbox([inOrder('a1', 'a')], 60_000))
    await store.transaction(tx => tx.addToOutbox([inOrder('a2', 'a'), inOrder('b1', 'b')], 0))
    expect(await claimed(store)).toEqual(['b1'])
    await store.postpone([{ id: 'a1', inMs: 0 }])
    await store.transaction(tx => tx.addToOutbox([inOrder('a3', 'a')], 0))
    expect(await claimed(store)).toEqual(['a1', 'a2', 'a3'])
  })

  test.runIf(traits.concurrent)('a transaction waits for another of its key, and comes after it', async () => {
    const store = await fresh()
    const committing = gate()
    const added = gate()
    const first = store.transaction(async tx => {
      await tx.addToOutbox([inOrder('first', 'a')], 0)
      added.open()
      await committing.opened
    })
    await added.opened
    const second = store.transaction(tx => tx.addToOutbox([inOrder('second', 'a')], 0))
    await store.transaction(tx => tx.addToOutbox([inOrder('other', 'b')], 0))
    committing.open()
    await Promise.all([first, second])
    expect((await claimed(store)).filter(id => id !== 'other')).toEqual(['first', 'second'])
  })

  test('a parked message holds back those of its key that came after it, and no others', async () => {
    const store = await fresh()
    for (const [identity, key] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ] as const)
      await store.transaction(tx => tx.admit([message(identity, { key, handling: parked() })]))
    expect(await store.transaction(tx => tx.heldKeys(['a', 'b', 'c'])).then(keys => [...keys].sort())).toEqual([
      'a',
      'b',
    ])
    expect(identities(await store.claimParked(10, 60_000, []))).toEqual(['a1', 'b1'])
    expect(await store.nextParkedInMs(), 'a2 is not due before a1 is done with').toBeGreaterThan(30_000)
    await store.transaction(async tx => {
      await tx.lockInbox(['a1'])
      await tx.settle([{ identity: 'a1', handling: handling() }])
    })
    expect(identities(await store.claimParked(10, 60_000, []))).toEqual(['a2'])
  })

  test('a dead letter holds back nothing', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit([message('a1', { key: 'a', handling: dead() })]))
    expect(await store.transaction(tx => tx.heldKeys(['a']))).toEqual([])
  })
}

function sagas(fresh: Fresh, traits: StoreTraits, words: StoreWords): void {
  test('what was inserted is what is read, every field of it', async () => {
    const store = await fresh()
    const inserted = saga('s1', { data: { total: 12.5 }, headers: { tenant: 'a' }, wakeAt: 1_900_000_000_123 })
    await store.transaction(tx => tx.insertSagas([inserted]))
    expect(await store.queries.saga('s1')).toEqual({
      ...inserted,
      startedAt: expect.any(Number),
      changedAt: expect.any(Number),
      endedAt: undefined,
    })
  })

  test('a second start with the same key starts nothing and gives the id of the first', async () => {
    const store = await fresh()
    const start = (...started: NewSaga[]) => store.transaction(tx => tx.insertSagas(started))
    expect(await start(saga('s1', { key: 'k' }))).toEqual([{ sagaId: 's1', isNew: true }])
    expect(await start(saga('s2', { key: 'k' }), saga('s3', { key: 'other' }))).toEqual([
      { sagaId: 's1', isNew: false },
      { sagaId: 's3', isNew: true },
    ])
    expect(await store.queries.saga('s2')).toBeUndefined()
  })

  test('sagas are found by their ids, all of them or those that are at rest', async () => {
    const store = await fresh()
    const statuses: readonly SagaStatus[] = [
      'running',
      'compensating',
      'stuck',
      'completed',
      'compensated',
      'abandoned',
    ]
    const inserted = statuses.map(status => saga(status, { key: status, state: state(status) }))
    await store.transaction(tx => tx.insertSagas(inserted))
    const ids = async (found: Promise<readonly SagaRow[]>) => (await found).map(({ id }) => id).sort()
    const asked = [...statuses, 'never there']
    expect(await ids(store.queries.sagasById(asked))).toEqual([...statuses].sort())
    expect(await ids(store.queries.sagasAtRest(asked))).toEqual(['abandoned', 'compensated', 'completed', 'stuck'])
    expect(await store.queries.sagasById([])).toEqual([])
  })

  test('the same key of another definition is another saga', async () => {
    const store = await fresh()
    const started = [saga('s1', { key: 'k' }), saga('s2', { key: 'k', definition: 'refund' })]
    expect(await store.transaction(tx => tx.insertSagas(started))).toMatchObject([{ isNew: true }, { isNew: true }])
  })

  test('two with one key in one call are one saga', async () => {
    const store = await fresh()
    const started = [saga('s1', { key: 'k' }), saga('s2', { key: 'k' })]
    expect(await store.transaction(tx => tx.insertSagas(started))).toEqual([
      { sagaId: 's1', isNew: true },
      { sagaId: 's1', isNew: false },
    ])
  })

  test.runIf(traits.concurrent)(
    'of twenty that start the same key at once one is new, and all get its id',
    async () => {
      const store = await fresh()
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          store.transaction(tx => tx.insertSagas([saga(`s${index}`, { key: 'k' })])),
        ),
      )
      const starts = results.flat()
      expect(starts.filter(start => start.isNew)).toHaveLength(1)
      expect(new Set(starts.map(start => start.sagaId)).size).toBe(1)
    },
  )

  test('locked ones come in order of id, and those that are not there are left out', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.insertSagas(['c', 'a', 'b'].map(id => saga(id))))
    const rows = await store.transaction(tx => tx.lockSagas(['b', 'absent', 'c', 'a']))
    expect(rows.map(row => row.id)).toEqual(['a', 'b', 'c'])
  })

  test.runIf(traits.concurrent)('who locks one second waits, and reads what the first wrote', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.insertSagas([saga('s1')]))
    const first = gate()
    const holder = store.transaction(async tx => {
      await tx.lockSagas(['s1'])
      first.reached()
      await first.opened
      tx.saveSagas([{ id: 's1', state: state('completed'), wakeAt: undefined }])
    })
    await first.wasReached
    const waiter = store.transaction(tx => tx.lockSagas(['s1']))
    await somebodyWaits(store, words)
    first.open()
    await holder
    expect(await waiter).toMatchObject([{ state: { status: 'completed' } }])
  })

  test('those whose time has come are locked, earliest first; others and sleepers are not', async () => {
    const store = await fresh()
    const now = await store.transaction(tx => tx.now())
    await store.transaction(tx =>
      tx.insertSagas([
        saga('second', { wakeAt: now - 1_000 }),
        saga('first', { wakeAt: now - 2_000 }),
        saga('third', { wakeAt: now - 500 }),
        saga('future', { wakeAt: now + 60_000 }),
        saga('never', { wakeAt: undefined }),
      ]),
    )
    const due = (limit: number) => store.transaction(async tx => (await tx.lockDueSagas(limit)).map(row => row.id))
    expect(await due(2)).toEqual(['first', 'second'])
    expect(await due(10)).toEqual(['first', 'second', 'third'])
  })

  test('one whose time was moved is woken at the new time, not at the old', async () => {
    const store = await fresh()
    const now = await store.transaction(tx => tx.now())
    await store.transaction(tx =>
      tx.insertSagas([saga('later', { wakeAt: now - 1_000 }), saga('sooner', { wakeAt: now + 60_000 })]),
    )
    await store.transaction(tx =>
      tx.saveSagas([
        { id: 'later', state: state('running'), wakeAt: now + 60_000 },
        { id: 'sooner', state: state('running'), wakeAt: now - 1_000 },
      ]),
    )
    const due = await store.transaction(tx => tx.lockDueSagas(10))
    expect(due.map(row => row.id)).toEqual(['sooner'])
    expect((await store.queries.saga('later'))?.wakeAt).toBe(now + 60_000)
  })

  test.runIf(traits.concurrent)('a due one that another transaction holds is left out', async () => {
    const store = await fresh()
    const now = await store.transaction(tx => tx.now())
    await store.transaction(tx =>
      tx.insertSagas([saga('held', { wakeAt: now - 2 }), saga('free', { wakeAt: now - 1 })]),
    )
    await store.transaction(async tx => {
      await tx.lockSagas(['held'])
      const due = await store.transaction(other => other.lockDueSagas(10))
      expect(due.map(row => row.id)).toEqual(['free'])
    })
  })

  test('a due one that a parked reply is for is left out until that has been handled', async () => {
    const store = await fresh()
    const now = await store.transaction(tx => tx.now())
    const reply = message('r1', { kind: 'reply', sagaId: 'answered', handling: parked({ envelope: envelope('r1') }) })
    await store.transaction(async tx => {
      await tx.insertSagas([saga('answered', { wakeAt: now - 2 }), saga('silent', { wakeAt: now - 1 })])
      await tx.admit([reply])
    })
    const due = () => store.transaction(async tx => (await tx.lockDueSagas(10)).map(row => row.id))
    expect(await due()).toEqual(['silent'])
    await store.transaction(tx => tx.settle([{ identity: 'r1', handling: handling() }]))
    expect(await due()).toEqual(['answered', 'silent'])
  })

  test('one that has ended says since when, and no longer if it was turned back', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.insertSagas([saga('s1')]))
    const save = (status: SagaStatus) =>
      store.transaction(tx => tx.saveSagas([{ id: 's1', state: state(status), wakeAt: undefined }]))
    await save('stuck')
    expect((await store.queries.saga('s1'))?.endedAt).toBeUndefined()
    await save('completed')
    expect((await store.queries.saga('s1'))?.endedAt).toEqual(expect.any(Number))
    await save('compensating')
    expect((await store.queries.saga('s1'))?.endedAt).toBeUndefined()
  })
}

function journal(fresh: Fresh): void {
  test('entries are read in the order in which they were written, each with its time', async () => {
    const store = await fresh()
    const entry = (kind: string, step?: string, detail?: unknown) => ({ sagaId: 's1', kind, step, detail })
    await store.transaction(async tx => {
      tx.addToJournal([entry('started', undefined, { by: 'test' }), entry('command sent', 'reserve')])
      tx.addToJournal([{ sagaId: 'other', kind: 'started', step: undefined, detail: undefined }])
    })
    await store.transaction(tx => tx.addToJournal([entry('step succeeded', 'reserve', [1, 'two', null])]))
    const at = expect.any(Number)
    expect(await store.queries.journal('s1')).toEqual([
      { ...entry('started', undefined, { by: 'test' }), at },
      { ...entry('command sent', 'reserve'), at },
      { ...entry('step succeeded', 'reserve', [1, 'two', null]), at },
    ])
  })
}

function pruning(fresh: Fresh): void {
  const everything = { inboxMs: -60_000, sagasMs: -60_000 }

  test('it deletes what is finished, a bounded number at a time, and says how many', async () => {
    const store = await fresh()
    const states = ['handled', 'ignored', 'succeeded', 'failed', 'closed'] as const
    await store.transaction(tx => tx.admit(states.map(one => message(one, { handling: handling({ state: one }) }))))
    await store.transaction(tx =>
      tx.insertSagas(['a', 'b', 'c'].map(id => saga(id, { state: state('completed'), wakeAt: undefined }))),
    )
    expect(await store.prune(everything, 2)).toBe(4)
    expect(await store.prune(everything, 2)).toBe(3)
    expect(await store.prune(everything, 2)).toBe(1)
    expect(await store.prune(everything, 2)).toBe(0)
  })

  test('it leaves what is younger than its window', async () => {
    const store = await fresh()
    await store.transaction(tx => tx.admit([message('young')]))
    await store.transaction(tx => tx.insertSagas([saga('young', { state: state('compensated') })]))
    expect(await store.prune({ inboxMs: 60_000, sagasMs: 60_000 }, 10)).toBe(0)
    expect(await store.queries.inboxRow('young')).toBeDefined()
    expect(await store.queries.saga('young')).toBeDefined()
  })

  test('it never deletes what is parked, dead, in doubt, running, compensating or stuck', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      tx.admit([
        message('parked', { handling: parked() }),
        message('dead', { handling: dead() }),
        message('in doubt', { handling: handling({ state: 'in doubt' }) }),
      ])
      tx.insertSagas((['running', 'compensating', 'stuck'] as const).map(one => saga(one, { state: state(one) })))
      tx.addToOutbox([envelope('unsent')], 0)
    })
    expect(await store.prune(everything, 100)).toBe(0)
    expect(await store.queries.versionsInFlight()).toEqual([{ definition: 'checkout', version: 1, sagas: 3 }])
    expect(await store.claimOutbox(10, 1_000)).toHaveLength(1)
  })

  test('the journal goes with its saga, and that of others stays', async () => {
    const store = await fresh()
    await store.transaction(async tx => {
      tx.insertSagas([saga('gone', { state: state('abandoned') }), saga('kept')])
      tx.addToJournal(['gone', 'kept'].map(sagaId => ({ sagaId, kind: 'started', step: undefined, detail: undefined })))
    })
    expect(await store.prune(everything, 100)).toBe(1)
    expect(await store.queries.journal('gone')).toEqual([])
    expect(await store.queries.journal('kept')).toHaveLength(1)
  })
}

function keeping(fresh: Fresh): void {
  const odd = `ünï "quoted" \\back\\slash {brace}, NULL 'tick' $1 \t\n ☃ 𝄞 ${'\u0000'} ${'\uD834'}`

  test('JSON comes back as the value it was: quotes, NUL, halves of pairs, deep and empty', async () => {
    const store = await fresh()
    const data = { [odd]: [odd, '', {}, [], null, 0.1, -0, 1e300, true], nested: { a: { b: { c: odd } } } }
    await store.transaction(tx => tx.insertSagas([saga('s1', { data })]))
    expect((await store.queries.saga('s1'))?.data).toEqual(JSON.parse(JSON.stringify(data)))
  })

  test('the body of a message comes back byte by byte: it is text, whatever numbers it holds', async () => {
    const store = await fresh()
    const body = `{"big": 12345678901234567890, "exact": 0.10, "odd": ${JSON.stringify(odd)}}`
    await store.transaction(tx => tx.addToOutbox([{ ...envelope('e1'), body }], 0))
    expect((await store.claimOutbox(1, 1_000))[0]?.envelope.body).toBe(body)
  })

  test('a body of 8 MiB is kept', async () => {
    const store = await fresh()
    const body = JSON.stringify('é"'.repeat(2 * 1024 * 1024))
    await store.transaction(tx => tx.addToOutbox([{ ...envelope('e1'), body }], 0))
    expect((await store.claimOutbox(1, 1_000))[0]?.envelope.body.length).toBe(body.length)
  })

  test('a message with names that no database can hold is admitted, and fails nothing', async () => {
    const store = await fresh()
    const row = message(odd, { messageId: odd, type: odd, correlationId: odd, handling: handling({ error: odd }) })
    expect(await store.transaction(tx => tx.admit([row, message('good')]))).toEqual(new Set([odd, 'good']))
    expect(await store.transaction(tx => tx.admit([row]))).toEqual(new Set())
    expect(await store.transaction(tx => tx.lockInbox([odd]))).toHaveLength(1)
    expect(await store.queries.inboxRow(odd)).toBeDefined()
    expect(await store.queries.messages(odd)).toHaveLength(1)
  })

  test('five hundred messages in one transaction are five hundred', async () => {
    const store = await fresh()
    const names = Array.from({ length: 500 }, (_, index) => `m${index}`)
    await store.transaction(async tx => {
      tx.admit(names.map(name => message(name)))
      tx.addToOutbox(
        names.map(name => envelope(name)),
        0,
      )
    })
    expect(await store.queries.messages('chain')).toHaveLength(500)
    expect(await store.claimOutbox(1_000, 1_000)).toHaveLength(500)
  })
}

function sharing(fresh: Fresh): void {
  test('neither sees, claims, redrives, wakes, prunes or counts what is the other’s', async () => {
    const [one, other] = [await fresh(), await fresh()]
    await one.transaction(async tx => {
      tx.admit([message('m1'), message('p1', { handling: parked() }), message('d1', { handling: dead() })])
      tx.addToOutbox([envelope('e1')], 0)
      tx.insertSagas([saga('s1', { key: 'k', wakeAt: 1 }), saga('s2', { state: state('completed') })])
      tx.addToJournal([{ sagaId: 's1', kind: 'started', step: undefined, detail: undefined }])
    })
    expect(await other.queries.inboxRow('m1')).toBeUndefined()
    expect(await other.queries.messages('chain')).toEqual([])
    expect((await other.queries.inbox({ state: 'dead', limit: 10 })).rows).toEqual([])
    expect(await other.queries.saga('s1')).toBeUndefined()
    expect((await other.queries.sagas({ limit: 10 })).rows).toEqual([])
    expect(await other.queries.journal('s1')).toEqual([])
    expect(await other.queries.versionsInFlight()).toEqual([])
    expect(await other.queries.figures()).toEqual({
      sagas: {},
      unchangedMs: {},
      overdueMs: 0,
      parked: 0,
      parkedAgeMs: 0,
      dead: 0,
      outbox: 0,
      outboxAgeMs: 0,
    })
    expect(await other.claimOutbox(10, 1_000)).toEqual([])
    expect(await other.claimParked(10, 1_000, [])).toEqual([])
    expect(await other.nextParkedInMs()).toBeUndefined()
    expect(await redrive(other, 'd1')).toEqual([])
    expect(await other.transaction(tx => tx.discard(['d1']))).toEqual([])
    expect(await other.prune({ inboxMs: -60_000, sagasMs: -60_000 }, 100)).toBe(0)
    await other.forget(['e1'])
    await other.postpone([{ id: 'e1', inMs: 60_000 }])
    await other.transaction(async tx => {
      expect(await tx.lockInbox(['m1'])).toEqual([])
      expect(await tx.lockSagas(['s1'])).toEqual([])
      expect(await tx.lockDueSagas(10)).toEqual([])
      expect(await tx.admit([message('m1')])).toEqual(new Set(['m1']))
      expect(await tx.insertSagas([saga('s1', { key: 'k' })])).toEqual([{ sagaId: 's1', isNew: true }])
      tx.settle([{ identity: 'p1', handling: handling({ state: 'closed' }) }])
      tx.saveSagas([{ id: 's2', state: state('stuck'), wakeAt: undefined }])
    })
    expect(await one.claimOutbox(10, 1_000)).toHaveLength(1)
    expect((await one.queries.inboxRow('p1'))?.handling.state).toBe('parked')
    expect((await one.queries.saga('s2'))?.state.status).toBe('completed')
  })

  test('both may lock the same name at once', async () => {
    const [one, other] = [await fresh(), await fresh()]
    await one.transaction(tx => tx.lock(['a']))
    await other.transaction(tx => tx.lock(['a']))
  })
}
