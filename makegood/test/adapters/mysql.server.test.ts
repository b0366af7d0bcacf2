import { Kysely, MysqlDialect } from 'kysely'
import { createPool as createCallbackPool } from 'mysql2'
import mysql2 from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { createDatabase, startOwnMariadb } from '../../../scripts/servers/mariadb.ts'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { mysql } from '../../src/adapters/mysql/index.ts'
import type { DrizzleTransaction, MysqlClient } from '../../src/definition/transaction.ts'
import type { ServiceStore } from '../../src/ports/store.ts'
import type { Envelope } from '../../src/ports/wire.ts'
import { type OpenedStore, type StoreWords, storeContract } from '../../src/testing/store-contract.ts'

const words: StoreWords = {
  fails: `signal sqlstate '22012' set message_text = 'division by zero'`,
  migrations: 'makegood_migration',
  sagas: 'makegood_saga',
  somebodyWaits: async db => {
    // What it shows of transactions is renewed only if nobody has looked at it for a tenth of a second.
    await db.query('do sleep(0.11)')
    const [rows] = (await db.query(
      `select count(*) as waiting
       from information_schema.innodb_trx
       join information_schema.processlist on processlist.id = innodb_trx.trx_mysql_thread_id
       where innodb_trx.trx_state = 'LOCK WAIT'
         and processlist.db = database()`,
    )) as [readonly { readonly waiting: number }[]]
    return rows[0]!.waiting > 0
  },
}

storeContract('mysql', { concurrent: true }, openMysql, words)

describe('a transaction that the user opened', () => {
  let url: string
  let pool: mysql2.Pool
  let store: ServiceStore<MysqlClient>
  beforeAll(async () => {
    url = await emptyDatabaseUrl()
    pool = mysql2.createPool(url)
    store = mysql({ pool }).open('orders')
    await store.migrate()
    await pool.query('create table orders (id varchar(100) primary key)')
  })
  afterAll(() => pool.end())

  test('takes messages along when a connection of mysql2 commits it, and none when it rolls back', async () => {
    for (const [id, end] of [
      ['a', 'commit'],
      ['b', 'rollback'],
    ] as const) {
      const connection = await pool.getConnection()
      await connection.beginTransaction()
      await connection.query('insert into orders values (?)', [id])
      await store.join(connection).addToOutbox([envelope(id)], 0)
      await connection[end]()
      connection.release()
    }
    expect(await sent(store)).toEqual(['a'])
  })

  test('takes messages and sagas along when Kysely commits it, and none when it rolls back', async () => {
    const callbacks = createCallbackPool({ uri: url, connectionLimit: 2 })
    const kysely = new Kysely<{ orders: { id: string } }>({ dialect: new MysqlDialect({ pool: callbacks }) })
    onTestFinished(() => kysely.destroy())
    const place = (id: string, fails: boolean) =>
      kysely.transaction().execute(async tx => {
        await tx.insertInto('orders').values({ id }).execute()
        const joined = store.join(tx)
        expect(await joined.insertSagas([{ ...saga, id, key: id }])).toEqual([{ sagaId: id, isNew: true }])
        expect(await joined.insertSagas([{ ...saga, id: 'second', key: id }])).toEqual([{ sagaId: id, isNew: false }])
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
    const connection = await pool.getConnection()
    await connection.beginTransaction()
    await store.join(drizzleTransaction(connection)).addToOutbox([envelope('d')], 0)
    await connection.commit()
    connection.release()
    expect(await sent(store)).toEqual(['d'])
  })

  test('learns of a saga that another has started since, though it reads an older state otherwise', async () => {
    const connection = await pool.getConnection()
    await connection.beginTransaction()
    await connection.query('select count(*) from makegood_saga')
    await store.transaction(tx => tx.insertSagas([{ ...saga, id: 'first', key: 'raced' }]))
    const started = await store.join(connection).insertSagas([{ ...saga, id: 'second', key: 'raced' }])
    expect(started).toEqual([{ sagaId: 'first', isNew: false }])
    await connection.rollback()
    connection.release()
  })

  test('is refused if it is a pool, or nothing of the kind', () => {
    for (const open of [pool, {}]) {
      expect(() => store.join(open as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    }
  })
})

describe('a handler’s own statements', () => {
  test('go through the query builder that the user makes from the connection', async () => {
    const pool = await emptyDatabase()
    onTestFinished(() => pool.end())
    await pool.query('create table orders (id varchar(100) primary key)')
    const store = mysql({ pool, db: client => kyselyOf<{ orders: { id: string } }>(client) }).open('orders')
    await store.migrate()
    await store.transaction(async tx => {
      const savepoint = tx.savepoint()
      await savepoint.db.insertInto('orders').values({ id: 'lost' }).execute()
      await expect(savepoint.db.insertInto('orders').values({ id: 'lost' }).execute()).rejects.toThrow(
        'Duplicate entry',
      )
      await savepoint.rollback()
      await tx.db.insertInto('orders').values({ id: 'kept' }).execute()
    })
    expect((await pool.query('select id from orders'))[0]).toEqual([{ id: 'kept' }])
  })

  test('come back as the pool is set to, and ours do not', async () => {
    const pool = await emptyDatabase({
      rowsAsArray: true,
      dateStrings: true,
      namedPlaceholders: true,
      timezone: '+05:00',
      typeCast: field => `odd ${field.string()}`,
    })
    onTestFinished(() => pool.end())
    const store = mysql({ pool }).open('orders')
    await store.migrate()
    await store.transaction(async tx => {
      expect((await tx.db.query('select 1 as one'))[0]).toEqual([['odd 1']])
      await tx.insertSagas([{ ...saga, id: 's1', key: 's1', data: { odd: false }, wakeAt: 1 }])
      expect(await tx.lockDueSagas(1)).toMatchObject([{ version: 1, data: { odd: false }, wakeAt: 1 }])
    })
  })

  test.each([
    'begin',
    'start transaction',
    'COMMIT',
    'rollback',
    ' -- why not\n /* yes */ create table t (id int)',
    'alter table makegood_saga add column x int',
    'truncate table makegood_inbox',
    'set autocommit = 1',
    'set @@session.autocommit = 1',
    'analyze table makegood_saga',
  ])('that would end the transaction are refused before they are sent: %s', async statement => {
    const store = await sharedStore()
    await store.transaction(async tx => {
      await tx.addToOutbox([envelope('kept')], 0)
      for (const how of ['query', 'execute'] as const) {
        await expect(async () => tx.db[how](statement)).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
      }
    })
    expect(await sent(store)).toEqual(['kept'])
  })

  test('may use savepoints and temporary tables of their own', async () => {
    const store = await sharedStore()
    await store.transaction(async tx => {
      await tx.db.query('create temporary table passing (id int)')
      await tx.db.query('savepoint mine')
      await tx.addToOutbox([envelope('lost')], 0)
      await tx.db.query('rollback to savepoint mine')
      await tx.db.query('drop temporary table passing')
    })
    expect(await sent(store)).toEqual([])
  })

  test('cannot commit by a method of the connection', async () => {
    const store = await sharedStore()
    await store.transaction(async tx => {
      const connection = tx.db as unknown as mysql2.PoolConnection
      await expect(connection.commit()).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
    })
  })
})

describe('isolation', () => {
  test('is read committed, whatever the server’s default, and the connection comes back as it was', async () => {
    const pool = await emptyDatabase({ connectionLimit: 2 })
    onTestFinished(() => pool.end())
    const store = mysql({ pool }).open('orders')
    await store.migrate()
    await store.transaction(async tx => {
      expect(await counted(tx.db)).toBe(0)
      await store.transaction(other => other.admit([{ ...message, identity: 'm1' }]))
      expect(await counted(tx.db)).toBe(1)
    })
    for (const connection of await Promise.all([pool.getConnection(), pool.getConnection()])) {
      await connection.query('start transaction')
      expect(await counted(connection)).toBe(1)
      await connection.query('select 1')
      await connection.query('rollback')
      const [[settings]] = await connection.query<mysql2.RowDataPacket[]>(
        'select @@autocommit as autocommit, @@session.wait_timeout = @@global.wait_timeout as is_idle_as_long',
      )
      expect(settings).toEqual({ autocommit: 1, is_idle_as_long: 1 })
      connection.release()
    }
  })

  test('a deadlock among a handler’s own rows is a conflict that no savepoint can take back', async () => {
    const pool = await emptyDatabase()
    onTestFinished(() => pool.end())
    const store = mysql({ pool }).open('orders')
    await store.migrate()
    await pool.query('create table stock (sku varchar(10) primary key, free int)')
    await pool.query("insert into stock values ('a', 10), ('b', 10)")
    const both = meeting(2)
    const sell = (first: string, second: string) =>
      store.transaction(async tx => {
        await tx.addToOutbox([envelope(`${first}${second}`)], 0)
        const savepoint = tx.savepoint()
        await savepoint.db.query('update stock set free = free - 1 where sku = ?', [first])
        await both()
        await savepoint.db.query('update stock set free = free - 1 where sku = ?', [second]).catch(async () => {
          await savepoint.rollback().catch(() => {})
          await tx.addToOutbox([envelope('after the deadlock')], 0).catch(() => {})
        })
      })
    const outcomes = await Promise.allSettled([sell('a', 'b'), sell('b', 'a')])
    const failed = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(failed.map(error => store.classify(error))).toEqual(['conflict'])
    expect(await sent(store)).toHaveLength(1)
    expect((await pool.query('select free from stock'))[0]).toEqual([{ free: 9 }, { free: 9 }])
  })
})

describe('limits', () => {
  test('a statement that waits too long for another transaction is a conflict', async () => {
    const store = await sharedStore({ lockTimeoutSeconds: 1 })
    await store.transaction(async tx => {
      await tx.lock(['a'])
      const error = await store.transaction(other => other.lock(['a'])).catch(error => error)
      expect(error).toMatchObject({ code: 'ER_LOCK_WAIT_TIMEOUT' })
      expect(store.classify(error)).toBe('conflict')
    })
  })

  test('a statement that takes too long is ended, and is neither a conflict nor an outage', async () => {
    const store = await sharedStore({ statementTimeoutMs: 50 })
    const columns = 'information_schema.columns'
    const slow = `select count(*) from ${columns} a, ${columns} b, ${columns} c, ${columns} d`
    const error = await store.transaction(tx => tx.db.query(slow)).catch(error => error)
    expect(error.message).toMatch(/max_statement_time|maximum statement execution time/)
    expect(store.classify(error)).toBe('other')
  })

  test('a transaction that rests for too long is ended by the server, and what it had locked is free', async () => {
    const store = await sharedStore({ idleInTransactionTimeoutSeconds: 1, lockTimeoutSeconds: 30 })
    const error = await store
      .transaction(async tx => {
        await tx.lock(['a'])
        await store.transaction(other => other.lock(['a']))
      })
      .catch(error => error)
    expect(store.classify(error)).toBe('unavailable')
  })

  test('a pool of which others hold every connection is an outage', async () => {
    const pool = await emptyDatabase({ connectionLimit: 1 })
    onTestFinished(() => pool.end())
    const store = mysql({ pool, connectionTimeoutMs: 50 }).open('orders')
    const held = await pool.getConnection()
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: /50 ms/ })
    held.release()
    await store.ping()
  })

  test.each([
    { connectionTimeoutMs: 0 },
    { lockTimeoutSeconds: 0.5 },
    { statementTimeoutMs: 600_001 },
    { idleInTransactionTimeoutSeconds: 0 },
  ])('one that can never work is refused: %o', options => {
    const pool = mysql2.createPool({})
    expect(() => mysql({ pool, ...options })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

describe('a server that is not there', () => {
  test('is an outage, for migrate, for ping and for a transaction', async () => {
    const store = mysql({ pool: mysql2.createPool({ host: '127.0.0.1', port: 1 }) }).open('orders')
    await expect(store.migrate()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { code: 'ECONNREFUSED' } })
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const error = await store.transaction(async () => {}).catch(error => error)
    expect(store.classify(error)).toBe('unavailable')
  })

  test('a wrong password, an absent database and none at all are refused, saying what to do', async () => {
    const server = await askAt(inject('mysqlDoor'))
    const wrong = (change: (url: URL) => void) => {
      const url = new URL(server)
      change(url)
      return mysql({ pool: mysql2.createPool(url.href) }).open('orders')
    }
    const password = wrong(url => {
      url.password = 'wrong'
    })
    await expect(password.migrate()).rejects.toMatchObject({ code: 'STORE_REFUSED', message: /password of the pool/ })
    const absent = wrong(url => {
      url.pathname = '/absent'
    })
    await expect(absent.ping()).rejects.toMatchObject({ code: 'STORE_REFUSED', message: /create it/ })
    const none = wrong(() => {})
    await expect(none.migrate()).rejects.toMatchObject({ code: 'STORE_REFUSED', message: /names no database/ })
  })
})

test('a database whose text is Latin by default keeps every character of ours', async () => {
  const url = await createDatabase(await askAt(inject('mysqlDoor')), `latin_${process.pid}`)
  const pool = mysql2.createPool(url)
  onTestFinished(() => pool.end())
  await pool.query(`alter database latin_${process.pid} character set latin1`)
  const store = mysql({ pool }).open('orders')
  await store.migrate()
  const [name, spaced] = ['ünï ☃ 𝄞', 'ünï ☃ 𝄞 ']
  await store.transaction(tx => tx.admit([{ ...message, identity: name }]))
  expect(await store.transaction(tx => tx.admit([{ ...message, identity: spaced }])), 'a space counts').toEqual(
    new Set([spaced]),
  )
  expect(await store.queries.inboxRow(name)).toMatchObject({ identity: name })
})

describe('a server on a bad day', () => {
  test('that is killed and comes back is used again, by the same pool, and nothing crashes meanwhile', async () => {
    const server = await startOwnMariadb()
    onTestFinished(() => server.stop())
    const pool = mysql2.createPool({ uri: await server.createDatabase('orders'), connectionLimit: 5 })
    const store = mysql({ pool }).open('orders')
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

    await server.start()
    await store.ping()
    await store.transaction(tx => tx.addToOutbox([envelope('kept')], 0))
    expect(await sent(store)).toEqual(['kept'])

    const ended = store.transaction(async tx => {
      await tx.now()
      await server.restart()
      await tx.lock(['a'])
    })
    expect(store.classify(await ended.catch(error => error))).toBe('unavailable')
    await store.ping()
    await pool.end()
  })

  test('that is read-only, or has no connection left, is an outage until it is not', async () => {
    const server = await startOwnMariadb({ settings: { 'max-connections': '10' } })
    onTestFinished(() => server.stop())
    const url = new URL(await server.createDatabase('orders'))
    const admin = await mysql2.createConnection(url.href)
    await admin.query("create user plain identified by 'plain'")
    await admin.query('grant all on orders.* to plain')
    const [username, password] = ['plain', 'plain']
    const pool = mysql2.createPool({
      uri: Object.assign(new URL(url), { username, password }).href,
      connectionLimit: 2,
    })
    const store = mysql({ pool }).open('orders')
    await store.migrate()

    await admin.query('set global read_only = 1')
    const readOnly = await store.transaction(tx => tx.addToOutbox([envelope('refused')], 0)).catch(error => error)
    expect(store.classify(readOnly)).toBe('unavailable')
    await admin.query('set global read_only = 0')
    await store.transaction(tx => tx.addToOutbox([envelope('taken')], 0))
    expect(await sent(store)).toEqual(['taken'])

    await admin.query('select 1')
    const others = await Promise.all(
      Array.from({ length: 12 }, () =>
        mysql2.createConnection({ uri: url.href, user: username, password }).catch(() => {}),
      ),
    )
    const fresh = mysql2.createPool({ uri: Object.assign(new URL(url), { username, password }).href })
    await expect(mysql({ pool: fresh }).open('orders').ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await Promise.all(others.map(other => other?.end()))
    await expect.poll(() => mysql({ pool: fresh }).open('orders').ping()).toBeUndefined()
    await Promise.all([fresh.end(), pool.end(), admin.end()])
  })
})

let made = 0

async function openMysql(): Promise<OpenedStore> {
  const pool = await emptyDatabase({ connectionLimit: 25 })
  return { store: mysql({ pool }), close: () => pool.end() }
}

/** On a database of its own, that goes with the test. */
async function sharedStore(
  options: {
    readonly lockTimeoutSeconds?: number
    readonly statementTimeoutMs?: number
    readonly idleInTransactionTimeoutSeconds?: number
  } = {},
): Promise<ServiceStore<MysqlClient>> {
  const pool = await emptyDatabase()
  onTestFinished(() => pool.end())
  const store = mysql({ pool, ...options }).open('orders')
  await store.migrate()
  return store
}

/** A pool for a database of its own, on the server that all tests share. */
async function emptyDatabase(options: mysql2.PoolOptions = {}): Promise<mysql2.Pool> {
  return mysql2.createPool({ ...options, uri: await emptyDatabaseUrl() })
}

async function emptyDatabaseUrl(): Promise<string> {
  made += 1
  return createDatabase(await askAt(inject('mysqlDoor')), `store_${process.pid}_${made}`)
}

/** Kysely speaks the callbacks of `mysql2`. */
function kyselyOf<Tables>(client: MysqlClient): Kysely<Tables> {
  const connection = {
    query: (sql: string, parameters: readonly unknown[], done: (error: unknown, result?: unknown) => void) =>
      void client.query(sql, parameters).then(([result]) => done(null, result), done),
    release: () => {},
  }
  const getConnection = (done: (error: unknown, given: unknown) => void) => done(null, connection)
  return new Kysely<Tables>({ dialect: new MysqlDialect({ pool: { getConnection, end: () => {} } as never }) })
}

/** As `MySqlTransaction` of drizzle-orm 0.45 is from outside. */
function drizzleTransaction(connection: mysql2.PoolConnection): DrizzleTransaction {
  const prepareQuery = ({ sql, params }: { readonly sql: string; readonly params: unknown[] }) => ({
    execute: () => connection.query(sql, params),
  })
  const rollback = (): never => {
    throw new Error('rollback')
  }
  return { _: { session: { prepareQuery: prepareQuery as never } }, rollback }
}

async function sent(store: ServiceStore<never> | ServiceStore<MysqlClient>): Promise<readonly string[]> {
  return (await store.claimOutbox(100, 60_000)).map(row => row.envelope.id)
}

async function counted(client: MysqlClient): Promise<number> {
  const [rows] = await client.query<readonly { readonly messages: number }[]>(
    'select count(*) as messages from makegood_inbox',
  )
  return rows[0]!.messages
}

/** Resolves for all when so many have come. */
function meeting(size: number): () => Promise<void> {
  let come = 0
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return () => {
    come += 1
    if (come === size) open()
    return opened
  }
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

const message = {
  messageId: 'm',
  kind: 'event',
  type: 'orders.placed',
  sagaId: undefined,
  correlationId: 'chain',
  causationId: undefined,
  digest: 'd',
  handling: {
    state: 'handled',
    attempt: 1,
    refusals: 0,
    callBegun: false,
    answer: undefined,
    custody: undefined,
    error: undefined,
  },
} as const
