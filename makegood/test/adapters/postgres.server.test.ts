import { type AddressInfo, createServer } from 'node:net'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { startPostgres } from '../../../scripts/servers/postgres.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { DrizzleTransaction, PgClient } from '../../src/definition/transaction.ts'
import type { ServiceStore } from '../../src/ports/store.ts'
import type { Envelope } from '../../src/ports/wire.ts'
import { type OpenedStore, storeContract } from '../../src/testing/store-contract.ts'
import { ownDatabase } from '../own-database.ts'

storeContract('postgres', { concurrent: true }, () => openPostgres({ pipeline: true }))
storeContract('postgres, without pipeline', { concurrent: true }, () => openPostgres({ pipeline: false }))

describe('a transaction that the user opened', () => {
  let pool: pg.Pool
  let store: ServiceStore<PgClient>
  beforeAll(async () => {
    pool = await emptyDatabase({ pipeline: true })
    store = postgres({ pool }).open('orders')
    await store.migrate()
    await pool.query('create table "order" (id text primary key)')
  })
  afterAll(() => pool.end())

  test('takes messages along when a node-postgres client commits it, and none when it rolls back', async () => {
    for (const [id, end] of [
      ['a', 'commit'],
      ['b', 'rollback'],
    ] as const) {
      const client = await pool.connect()
      await client.query('begin')
      await client.query('insert into "order" values ($1)', [id])
      await store.join(client).addToOutbox([envelope(id)], 0)
      await client.query(end)
      client.release()
    }
    expect(await sent(store)).toEqual(['a'])
  })

  test('takes messages and sagas along when Kysely commits it, and none when it rolls back', async () => {
    const kysely = new Kysely<{ order: { id: string } }>({ dialect: new PostgresDialect({ pool }) })
    const place = (id: string, fails: boolean) =>
      kysely.transaction().execute(async tx => {
        await tx.insertInto('order').values({ id }).execute()
        const joined = store.join(tx)
        const [started] = await joined.insertSagas([{ ...saga, id, key: id }])
        expect(started).toEqual({ sagaId: id, isNew: true })
        await joined.addToOutbox([envelope(id)], 0)
        if (fails) throw new Error('no')
      })
    await place('k1', false)
    await expect(place('k2', true)).rejects.toThrow('no')
    expect(await sent(store)).toEqual(['k1'])
    expect(await store.queries.saga('k1')).toMatchObject({ key: 'k1' })
    expect(await store.queries.saga('k2')).toBeUndefined()
  })

  test('takes messages along when Drizzle commits it', async () => {
    const client = await pool.connect()
    await client.query('begin')
    await store.join(drizzleTransaction(client)).addToOutbox([envelope('d')], 0)
    await client.query('commit')
    client.release()
    expect(await sent(store)).toEqual(['d'])
  })

  test('has no savepoints of ours', async () => {
    const client = await pool.connect()
    onTestFinished(() => client.release())
    expect(() => store.join(client).savepoint()).toThrow('no savepoints')
  })

  test('is refused if it is none', () => {
    expect(() => store.join({} as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

describe('a handler’s own statements', () => {
  test('go through the query builder that the user makes from the client', async () => {
    const pool = await emptyDatabase({ pipeline: true })
    await pool.query('create table "order" (id text primary key)')
    const store = postgres({ pool, db: client => kyselyOf<{ order: { id: string } }>(client) }).open('orders')
    await store.migrate()
    await store.transaction(async tx => {
      const savepoint = tx.savepoint()
      await savepoint.db.insertInto('order').values({ id: 'lost' }).execute()
      await expect(savepoint.db.insertInto('order').values({ id: 'lost' }).execute()).rejects.toThrow('duplicate key')
      await savepoint.rollback()
      await tx.db.insertInto('order').values({ id: 'kept' }).execute()
    })
    expect((await pool.query('select id from "order"')).rows).toEqual([{ id: 'kept' }])
    await pool.end()
  })

  test('come back by the parsers that the user has set, and ours do not', async () => {
    const getTypeParser = (oid: number) => (value: string) => (oid === pg.types.builtins.TEXT ? value : `odd ${value}`)
    const pool = await emptyDatabase({ pipeline: true, types: { getTypeParser } as unknown as pg.CustomTypesConfig })
    const store = postgres({ pool }).open('orders')
    await store.migrate()
    await store.transaction(async tx => {
      expect((await tx.db.query('select 1 as one')).rows).toEqual([{ one: 'odd 1' }])
      await tx.insertSagas([{ ...saga, id: 's1', key: 's1', data: { odd: false }, wakeAt: 1 }])
      expect(await tx.lockDueSagas(1)).toMatchObject([{ version: 1, data: { odd: false }, wakeAt: 1 }])
    })
    await pool.end()
  })
})

describe('limits', () => {
  test('a statement that waits too long for another transaction is a conflict', async () => {
    const pool = await emptyDatabase({ pipeline: true })
    const store = postgres({ pool, lockTimeoutMs: 50 }).open('orders')
    await store.migrate()
    await store.transaction(async tx => {
      await tx.lock(['a'])
      const error = await store.transaction(other => other.lock(['a'])).catch(error => error)
      expect(error).toMatchObject({ code: '55P03' })
      expect(store.classify(error)).toBe('conflict')
    })
    await pool.end()
  })

  test('a statement that takes too long is ended, and is neither a conflict nor an outage', async () => {
    const pool = await emptyDatabase({ pipeline: true })
    const store = postgres({ pool, statementTimeoutMs: 50 }).open('orders')
    const error = await store.transaction(tx => tx.db.query('select pg_sleep(10)')).catch(error => error)
    expect(error).toMatchObject({ code: '57014' })
    expect(store.classify(error)).toBe('other')
    await pool.end()
  })

  test.each([
    { connectionTimeoutMs: 0 },
    { lockTimeoutMs: 0 },
    { statementTimeoutMs: 1.5 },
    { idleInTransactionTimeoutMs: 600_001 },
  ])('one that can never work is refused: %o', options => {
    const pool = new pg.Pool()
    expect(() => postgres({ pool, ...options })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

test('processes that have looked for our schema before may migrate a fresh database at once', async () => {
  for (let round = 0; round < 5; round++) {
    const pool = await emptyDatabase({ max: 6 })
    const clients = await Promise.all(Array.from({ length: 6 }, () => pool.connect()))
    await Promise.all(clients.map(client => client.query('create table if not exists own (id text)').catch(() => {})))
    for (const client of clients) client.release()
    const stores = clients.map((_client, at) => postgres({ pool }).open(`service-${at}`))
    await Promise.all(stores.map(store => store.migrate()))
    await pool.end()
  }
})

test('how the tables have grown is counted soon, not after the minute that autovacuum may take', async () => {
  const pool = await emptyDatabase({ pipeline: true, max: 2 })
  onTestFinished(() => pool.end())
  const store = postgres({ pool }).open('orders')
  await store.migrate()
  for (let at = 0; at < 32; at++) await store.transaction(tx => tx.addToOutbox([envelope(`m${at}`)], 0))
  const counted = await vi.waitFor(async () => {
    const { rows } = await pool.query(`select reltuples from pg_class where oid = 'makegood.outbox'::regclass`)
    expect(rows[0].reltuples).toBeGreaterThan(0)
    return rows[0].reltuples
  })
  expect(counted).toBeLessThanOrEqual(33)
})

describe('a server that is not there', () => {
  test('is an outage, for migrate, for ping and for a transaction', async () => {
    const store = postgres({ pool: new pg.Pool({ host: '127.0.0.1', port: 1 }) }).open('orders')
    await expect(store.migrate()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { code: 'ECONNREFUSED' } })
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const error = await store.transaction(async () => {}).catch(error => error)
    expect(store.classify(error)).toBe('unavailable')
  })

  test('a wrong password, a wrong user and an absent database are refused, saying what to do', async () => {
    const wrong = (change: (url: URL) => void) => {
      const url = new URL(inject('postgresUrl'))
      change(url)
      return postgres({ pool: new pg.Pool({ connectionString: url.href }) }).open('orders')
    }
    const password = wrong(url => {
      url.password = 'wrong'
    })
    await expect(password.migrate()).rejects.toMatchObject({ code: 'STORE_REFUSED', message: /password of the pool/ })
    const database = wrong(url => {
      url.pathname = '/absent'
    })
    await expect(database.ping()).rejects.toMatchObject({ code: 'STORE_REFUSED', message: /create it/ })
  })

  test.each([
    ['the pool waits', { connectionTimeoutMillis: 1_000 }, {}],
    ['we wait', {}, { connectionTimeoutMs: 1_000 }],
  ])('a pool that is exhausted is an outage, when %s no longer', async (_who, poolOptions, options) => {
    const pool = await emptyDatabase({ max: 1, ...poolOptions })
    const store = postgres({ pool, ...options }).open('orders')
    const held = await pool.connect()
    const error = await store.ping().catch(error => error)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    held.release()
    await pool.end()
  })
})

test('a server that ends a session in the same breath in which it began ends nobody else', async () => {
  const ready = Buffer.from([
    ...Buffer.from('R'),
    0,
    0,
    0,
    8,
    0,
    0,
    0,
    0,
    ...Buffer.from('Z'),
    0,
    0,
    0,
    5,
    ...Buffer.from('I'),
  ])
  const fields = Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0')
  const ended = Buffer.concat([Buffer.from('E'), Buffer.from([0, 0, 0, 4 + fields.length]), fields])
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(Buffer.concat([ready, ended])))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const pool = new pg.Pool({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    user: 'u',
    password: 'p',
  })
  await expect(postgres({ pool }).open('orders').ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await pool.end()
})

test('a server that is killed and comes back is used again, by the same pool, and nothing crashes meanwhile', async () => {
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  const pool = new pg.Pool({ connectionString: server.url, pipeline: true, max: 5 } as pg.PoolConfig)
  const store = postgres({ pool }).open('orders')
  await store.migrate()
  await Promise.all([1, 2, 3].map(() => store.ping()))

  const lost = store.transaction(async tx => {
    await tx.addToOutbox([envelope('lost')], 0)
    await server.kill()
    tx.addToOutbox([envelope('lost too')], 0)
    tx.savepoint().release()
  })
  const error = await lost.catch(error => error)
  expect(store.classify(error)).toBe('unavailable')
  await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })

  await server.restart()
  await store.ping()
  await store.transaction(tx => tx.addToOutbox([envelope('kept')], 0))
  expect(await sent(store)).toEqual(['kept'])

  const ended = store.transaction(async tx => {
    await tx.now()
    await server.restart()
    await tx.now()
  })
  expect(store.classify(await ended.catch(error => error))).toBe('unavailable')
  await store.ping()
  await pool.end()
})

test('a pool without pipelining is used without a warning', async () => {
  const warnings: string[] = []
  const listen = (warning: Error) => warnings.push(warning.message)
  process.on('warning', listen)
  onTestFinished(() => void process.removeListener('warning', listen))
  const pool = await emptyDatabase({ pipeline: false })
  const store = postgres({ pool }).open('orders')
  await store.migrate()
  await store.transaction(async tx => {
    tx.addToOutbox([envelope('a')], 0)
    const savepoint = tx.savepoint()
    savepoint.db.query('select 1')
    tx.addToOutbox([envelope('b')], 0)
    await savepoint.rollback()
    tx.db.query('select 2')
    tx.now()
  })
  expect(await sent(store)).toEqual(['a'])
  expect(warnings).toEqual([])
  await pool.end()
})

async function openPostgres(options: { readonly pipeline: boolean }): Promise<OpenedStore> {
  const pool = await emptyDatabase({ ...options, max: 25 })
  return { store: postgres({ pool }), close: () => pool.end() }
}

/** A pool for a database of its own, on the server that all tests share. */
async function emptyDatabase(options: pg.PoolConfig & { readonly pipeline?: boolean }): Promise<pg.Pool> {
  const { url } = await ownDatabase(inject('postgresUrl'), 'store')
  return new pg.Pool({ ...options, connectionString: url })
}

function kyselyOf<Tables>(client: PgClient): Kysely<Tables> {
  const pool = { connect: async () => client, end: async () => {} }
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as never }) })
}

/** As `PgTransaction` of drizzle-orm 0.45 is from outside. */
function drizzleTransaction(client: pg.PoolClient): DrizzleTransaction {
  const prepareQuery = ({ sql, params }: { readonly sql: string; readonly params: unknown[] }) => ({
    execute: () => client.query(sql, params),
  })
  const rollback = (): never => {
    throw new Error('rollback')
  }
  return { _: { session: { prepareQuery: prepareQuery as never } }, rollback }
}

async function sent(store: ServiceStore<never> | ServiceStore<PgClient>): Promise<readonly string[]> {
  return (await store.claimOutbox(100, 60_000)).map(row => row.envelope.id)
}

function envelope(id: string): Envelope {
  return { id, address: 'saga.s1.event.orders.placed', mandatory: false, headers: {}, body: '{}' }
}

const saga = {
  definition: 'checkout',
  version: 1,
  data: {},
  headers: {},
  state: { status: 'running', steps: {}, deadlineAt: undefined, cause: undefined },
  wakeAt: undefined,
} as const
