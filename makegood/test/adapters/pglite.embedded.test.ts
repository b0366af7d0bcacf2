import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PostgresDialect } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lockFolder } from '../../src/adapters/pglite/folder-lock.ts'
import { type PgliteStore, pglite } from '../../src/adapters/pglite/index.ts'
import type { PgClient } from '../../src/definition/transaction.ts'
import type { ServiceStore } from '../../src/ports/store.ts'
import { storeContract } from '../../src/testing/store-contract.ts'

storeContract('pglite', { concurrent: false }, async () => ({ store: pglite(), close: async () => {} }))

describe('the data folder', () => {
  test('keeps what was committed for the next start', async () => {
    const dataDir = emptyFolder()
    const first = pglite({ dataDir }).open('orders')
    await first.migrate()
    await first.transaction(tx => tx.addToOutbox([envelope], 0))
    await first.close()
    const second = pglite({ dataDir }).open('orders')
    await second.migrate()
    expect(await second.claimOutbox(10, 1_000)).toEqual([{ envelope, claims: 1 }])
    await second.close()
  })

  test('is for one at a time: a second says which folder and which process', async () => {
    const dataDir = emptyFolder()
    const first = pglite({ dataDir }).open('orders')
    await first.ping()
    const second = pglite({ dataDir }).open('orders')
    await expect(second.ping()).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      message: new RegExp(`${dataDir}.*${process.pid}`),
    })
    await first.close()
    await second.ping()
    await second.close()
    expect(existsSync(`${dataDir}.lock`)).toBe(false)
  })

  test('is for one process at a time, whoever else lives', async () => {
    const dataDir = emptyFolder()
    const script = `
      import { lockFolder } from './makegood/src/adapters/pglite/folder-lock.ts'
      lockFolder(${JSON.stringify(dataDir)})
      process.stdout.write('locked')
      setInterval(() => {}, 1000)`
    const other = runSource(script)
    onTestFinished(() => void process.kill(-other.pid!, 'SIGKILL'))
    await once(other.stdout, 'data')
    const store = pglite({ dataDir }).open('orders')
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_IN_USE', message: /is used by process \d+/ })
  })

  test.each([
    ['a process that died', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1', id: 'x' })],
    ['an earlier process of our own number', JSON.stringify({ pid: process.pid, startedAt: '1', id: 'x' })],
    ['a process that died while it wrote', '{"pid": 1'],
  ])('is taken over from %s', (_who, lock) => {
    const dataDir = emptyFolder()
    writeFileSync(`${dataDir}.lock`, lock)
    lockFolder(dataDir).release()
    expect(existsSync(`${dataDir}.lock`)).toBe(false)
  })

  test('is left by a process that was killed so that the next finds every commit', async () => {
    const dataDir = emptyFolder()
    const first = pglite({ dataDir }).open('orders')
    await first.migrate()
    await first.close()
    const script = `
      import { pglite } from './makegood/src/adapters/pglite/index.ts'
      const store = pglite({ dataDir: ${JSON.stringify(dataDir)} }).open('orders')
      for (let n = 0; ; n++) {
        await store.transaction(tx => tx.addToOutbox([{ ...${JSON.stringify(envelope)}, id: String(n) }], 0))
        process.stdout.write(n + '\\n')
      }`
    const writer = runSource(script)
    let said = ''
    await new Promise<void>(resolve => {
      writer.stdout.on('data', chunk => {
        said += chunk
        if (said.split('\n').length > 200) resolve()
      })
      writer.once('exit', () => resolve())
    })
    process.kill(-writer.pid!, 'SIGKILL')
    await new Promise(resolve => writer.once('close', resolve))
    const acknowledged = said.split('\n').slice(0, -1)
    expect(acknowledged.length).toBeGreaterThan(100)
    const second = pglite({ dataDir }).open('orders')
    const kept = new Set((await second.claimOutbox(100_000, 1_000)).map(row => row.envelope.id))
    expect(acknowledged.filter(id => !kept.has(id))).toEqual([])
    await second.close()
  })

  test('is not needed: without one the data goes with the store', async () => {
    const store = pglite()
    const first = store.open('orders')
    await first.migrate()
    await first.close()
    const second = store.open('orders')
    await expect(second.transaction(tx => tx.addToOutbox([envelope], 0))).rejects.toThrow('does not exist')
    await second.close()
  })

  test('may hold several services; the last to close closes it', async () => {
    const dataDir = emptyFolder()
    const store = pglite({ dataDir })
    const [one, other] = [store.open('one'), store.open('other')]
    await one.migrate()
    await one.close()
    await one.close()
    await other.ping()
    await expect(pglite({ dataDir }).open('third').ping()).rejects.toMatchObject({ code: 'STORE_IN_USE' })
    await other.close()
    expect(existsSync(`${dataDir}.lock`)).toBe(false)
  })
})

describe('the one session', () => {
  test('is shared in turn, and a hundred errors in it are no harm to it', async () => {
    const store = open()
    const work = Array.from({ length: 100 }, (_, index) =>
      store.open('orders').transaction(tx => tx.db.query(index % 2 ? 'select 1' : 'select 1 / 0')),
    )
    const outcomes = await Promise.allSettled(work)
    expect(outcomes.filter(outcome => outcome.status === 'fulfilled')).toHaveLength(50)
  })

  test('does not keep the process from its sockets and timers, however busy it is', async () => {
    const store = open().open('orders')
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    onTestFinished(() => clearInterval(timer))
    for (let round = 0; round < 500; round++) await store.ping()
    expect(ticks).toBeGreaterThan(5)
  })

  test('is not waited for without end by who holds it', async () => {
    const store = pglite({ waitMsMax: 50 }).open('orders')
    onTestFinished(() => store.close())
    await store.transaction(async () => {
      await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: /only session/ })
    })
    await store.ping()
  })

  test('is left behind by a query of its own pool', async () => {
    const store = open()
    const client = await store.pool.connect()
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    client.release()
    client.release()
    await store.open('orders').ping()
  })
})

describe('a transaction that the user opened', () => {
  test('takes messages along when Kysely commits it on the pool of the store, and none when it rolls back', async () => {
    const store = open()
    const orders = store.open('orders')
    await orders.migrate()
    const kysely = new Kysely<object>({ dialect: new PostgresDialect({ pool: store.pool as never }) })
    const place = (id: string, fails: boolean) =>
      kysely.transaction().execute(async tx => {
        await orders.join(tx).addToOutbox([{ ...envelope, id }], 0)
        if (fails) throw new Error('no')
      })
    await place('kept', false)
    await expect(place('lost', true)).rejects.toThrow('no')
    expect((await orders.claimOutbox(10, 1_000)).map(row => row.envelope.id)).toEqual(['kept'])
  })

  test('takes messages along when PGlite itself commits it', async () => {
    const dataDir = emptyFolder()
    const orders = pglite({ dataDir }).open('orders')
    await orders.migrate()
    await orders.close()
    const database = await PGlite.create(dataDir)
    await database.transaction(tx => orders.join(tx as never).addToOutbox([envelope], 0))
    await database.close()
    expect(await orders.claimOutbox(10, 1_000)).toEqual([{ envelope, claims: 1 }])
    await orders.close()
  })
})

describe('a handler’s own statements', () => {
  test('take and give the values that node-postgres does', async () => {
    const store = open().open('orders')
    const at = new Date('2026-02-03T04:05:06.789Z')
    const [row] = await store.transaction(
      async tx =>
        (
          await tx.db.query(
            `select $1::int4 as int4, $2::int8 as int8, $3::numeric as numeric, $4::boolean as boolean,
               $5::timestamptz as timestamptz, $6::timestamp as timestamp, $7::jsonb as jsonb, $8::text[] as texts,
               $9::int4[] as ints, $10::bytea as bytea, $11::text as nothing, $12::float8 as float8`,
            [
              1,
              2n,
              '3.50',
              true,
              at,
              at,
              { a: ['"'] },
              ['a"b', null, 'c\\d', ''],
              [1, 2],
              Buffer.from([0, 255]),
              undefined,
              0.5,
            ],
          )
        ).rows,
    )
    expect(row).toEqual({
      int4: 1,
      int8: '2',
      numeric: '3.50',
      boolean: true,
      timestamptz: at,
      timestamp: at,
      jsonb: { a: ['"'] },
      texts: ['a"b', null, 'c\\d', ''],
      ints: [1, 2],
      bytea: Buffer.from([0, 255]),
      nothing: null,
      float8: 0.5,
    })
  })

  test('fail with the codes and constraints of PostgreSQL', async () => {
    const store = open().open('orders')
    const error = await store
      .transaction(async tx => {
        await tx.db.query('create table one (id int constraint only_one primary key)')
        await tx.db.query('insert into one values (1), (1)')
      })
      .catch(error => error)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code: '23505', constraint: 'only_one', message: /duplicate key/ })
    expect(store.classify(error)).toBe('other')
  })

  test('go through the query builder that the user makes from the client', async () => {
    const store = pglite({ db: client => kyselyOf<{ order: { id: string } }>(client) }).open('orders')
    onTestFinished(() => store.close())
    const rows = await store.transaction(async tx => {
      await tx.db.schema.createTable('order').addColumn('id', 'text').execute()
      await tx.db.insertInto('order').values({ id: 'a' }).execute()
      const { numUpdatedRows } = await tx.db.updateTable('order').set({ id: 'b' }).executeTakeFirstOrThrow()
      expect(numUpdatedRows).toBe(1n)
      return tx.db.selectFrom('order').selectAll().execute()
    })
    expect(rows).toEqual([{ id: 'b' }])
  })

  test('may be said again after they failed, and after the table has other columns', async () => {
    const store = open().open('orders')
    const say = (text: string, values: unknown[] = []) =>
      store.transaction(async tx => (await tx.db.query(text, values)).rows)
    await say('create table one (id int primary key)')
    for (let round = 0; round < 3; round++) {
      await expect(say('insert into one values ($1) returning *', ['x'])).rejects.toMatchObject({ code: '22P02' })
    }
    expect(await say('insert into one values ($1) returning *', [1])).toEqual([{ id: 1 }])
    for (let round = 0; round < 3; round++) {
      await expect(say('insert into one values ($1) returning *', [1])).rejects.toMatchObject({ code: '23505' })
    }
    expect(await say('select * from one where id = $1', [1])).toEqual([{ id: 1 }])
    await say(`alter table one add column name text default 'a'`)
    expect(await say('select * from one where id = $1', [1])).toEqual([{ id: 1, name: 'a' }])
    expect(await say('insert into one values ($1) returning *', [2])).toEqual([{ id: 2, name: 'a' }])
  })

  test('may hold several statements when they have no values', async () => {
    const store = open().open('orders')
    const results = await store.transaction(tx => tx.db.query('select 1 as a; select 2 as b'))
    expect(results).toMatchObject([{ rows: [{ a: 1 }] }, { rows: [{ b: 2 }] }])
  })
})

/** A store whose services are closed when the test is over. */
function open(): PgliteStore<PgClient> {
  const store = pglite()
  const opened: ServiceStore<PgClient>[] = []
  onTestFinished(async () => {
    for (const service of opened) await service.close()
  })
  return {
    ...store,
    open: service => {
      opened.push(store.open(service))
      return opened.at(-1)!
    },
  }
}

function emptyFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'makegood-test-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'orders')
}

function runSource(script: string): ChildProcessWithoutNullStreams {
  const node = ['--import', 'tsx', '--conditions=source', '--input-type=module', '-e', script]
  return spawn(process.execPath, node, { detached: true })
}

function kyselyOf<Tables>(client: PgClient): Kysely<Tables> {
  const pool = { connect: async () => client, end: async () => {} }
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as never }) })
}

const envelope = { id: 'e1', address: 'saga.s1.event.orders.placed', mandatory: false, headers: {}, body: '{}' }
