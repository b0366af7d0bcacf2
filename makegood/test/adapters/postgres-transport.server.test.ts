import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { canStartPgbouncer, type Pgbouncer, startPgbouncer } from '../../../scripts/servers/pgbouncer.ts'
import { type PostgresServer, startOwnPostgres } from '../../../scripts/servers/postgres.ts'
import { type PostgresTransportOptions, postgresTransport } from '../../src/adapters/postgres-transport/index.ts'
import type { Link, LinkEvent } from '../../src/ports/transport.ts'
import type { Queue, Topology } from '../../src/ports/wire.ts'
import { transportContract } from '../../src/testing/transport-contract.ts'
import { ownDatabase } from '../own-database.ts'
import { badBroker, badNetwork } from './bad-days.ts'
import { message, takeSome, until } from './load.ts'
import { cuttable } from './network.ts'

const sharedUrl = inject('postgresUrl')
const shared = new pg.Pool({ connectionString: sharedUrl, pipeline: true, max: 50 } as pg.PoolConfig)
afterAll(() => shared.end())

transportContract('postgres', () => postgresTransport({ pool: shared }))

describe.skipIf(!canStartPgbouncer())('behind pgbouncer in transaction mode', () => {
  let pooler: Pgbouncer
  let pool: pg.Pool
  beforeAll(async () => {
    pooler = await startPgbouncer(sharedUrl)
    pool = new pg.Pool({ connectionString: pooler.url, max: 50 })
  })
  afterAll(async () => {
    await pool.end()
    await pooler.stop()
  })

  transportContract('postgres, through a pooler', () => postgresTransport({ pool, throughPooler: true }))
})

describe('what a reader has taken', () => {
  test('comes again, marked as redelivered, soon after its process was killed', async () => {
    const scene = topologyOf('orders')
    const sender = await connected({ pool: shared }, scene, { takes: false })
    await sender.link.publish([message('orders.place'), message('orders.place')])
    const options = JSON.stringify({ service: 'orders', prefetch: 10, ...scene })
    const file = fileURLToPath(new URL('queue-reader.ts', import.meta.url))
    const reader = spawn(process.execPath, ['--import', 'tsx', file, sharedUrl, '1000', options])
    onTestFinished(() => void reader.kill('SIGKILL'))
    const [said] = (await once(reader.stdout, 'data')) as [Buffer]
    expect(said.toString().trim()).toBe('2')
    const other = await connected({ pool: shared }, scene)
    expect(await other.link.take(10, 100)).toEqual([])
    reader.kill('SIGKILL')
    const killedAt = performance.now()
    const again = await takeSome(other.link, 2)
    expect(again.map(({ redelivered }) => redelivered)).toEqual([true, true])
    expect(performance.now() - killedAt).toBeLessThan(5_000)
  })

  test('stays its own, however long it is handled', async () => {
    const scene = topologyOf('orders')
    const slow = await connected({ pool: shared, leaseMs: 1_000 }, scene)
    const idle = await connected({ pool: shared }, scene)
    await slow.link.publish([message('orders.place')])
    const taken = await takeSome(slow.link, 1)
    expect(await idle.link.take(10, 2_500)).toEqual([])
    slow.link.acknowledge(taken)
  })

  test('is nobody else’s at the same time', async () => {
    const scene = topologyOf('orders')
    const readers = await Promise.all(Array.from({ length: 4 }, () => connected({ pool: shared }, scene)))
    const messages = Array.from({ length: 2_000 }, () => message('orders.place'))
    const held = new Set<string>()
    const seen: string[] = []
    const work = readers.map(async ({ link }) => {
      while (seen.length < messages.length) {
        const batch = await link.take(20, 50)
        for (const { envelope } of batch) {
          expect(held.has(envelope.id)).toBe(false)
          held.add(envelope.id)
          seen.push(envelope.id)
        }
        await new Promise(resolve => setImmediate(resolve))
        for (const { envelope } of batch) held.delete(envelope.id)
        link.acknowledge(batch)
      }
    })
    for (let at = 0; at < messages.length; at += 50) await readers[0]!.link.publish(messages.slice(at, at + 50))
    await Promise.all(work)
    expect(seen.toSorted()).toEqual(messages.map(({ id }) => id).toSorted())
  })
})

describe('an idle reader', () => {
  test('is woken at once', async () => {
    const scene = topologyOf('orders')
    const { link } = await connected({ pool: shared, idleMs: 10_000 }, scene)
    const sender = await connected({ pool: shared }, scene, { takes: false })
    // Until it rests for more than two seconds.
    await link.take(10, 3_000)
    const taken = link.take(10, 10_000)
    const sentAt = performance.now()
    await sender.link.publish([message('orders.place')])
    expect(await taken).toHaveLength(1)
    expect(performance.now() - sentAt).toBeLessThan(1_000)
  })

  test('behind a pooler looks often enough', async () => {
    const scene = topologyOf('orders')
    const { link } = await connected({ pool: shared, throughPooler: true, idleMs: 200 }, scene)
    await link.take(10, 1_000)
    const taken = link.take(10, 10_000)
    const sentAt = performance.now()
    await link.publish([message('orders.place')])
    expect(await taken).toHaveLength(1)
    expect(performance.now() - sentAt).toBeLessThan(1_000)
  })
})

describe('the topology', () => {
  test('that a newer process has made is heeded by senders that were there before', async () => {
    const scene = topologyOf('orders')
    const sender = await connected({ pool: shared }, scene, { takes: false })
    const audit: Queue = { ...scene.queue, name: `${scene.queue.name}.audit`, bindings: ['orders.*'] }
    const newer = await connected({ pool: shared }, { topology: { ...scene.topology, queues: [audit] }, queue: audit })
    const event = message('orders.told')
    expect(await sender.link.publish([event])).toEqual({ confirmed: [event.id], undeliverable: [] })
    expect((await takeSome(newer.link, 1))[0]!.envelope.id).toBe(event.id)
  })

  test('with a queue that is read in another way is reported, and read when that is mended', async () => {
    const scene = topologyOf('orders')
    await connected({ pool: shared }, scene)
    const inOrder = { ...scene.queue, inOrder: true }
    const { link, events } = unconnected(
      { pool: shared },
      { queue: inOrder, topology: { ...scene.topology, queues: [inOrder] } },
    )
    await until(() => events.length > 0)
    expect(events[0]).toMatchObject({ level: 'error', cause: { code: 'TOPOLOGY_MISMATCH' } })
    await shared.query('update makegood_queues.queue set in_order = true where name = $1', [inOrder.name])
    await until(() => link.state.state === 'connected')
  })

  test('is made by many processes at once, in an empty database, and made again when somebody drops it', async () => {
    const { url } = await ownDatabase(sharedUrl, 'queues')
    const scene = topologyOf('orders')
    const links = await Promise.all(Array.from({ length: 6 }, () => connected({ pool: poolAt(url) }, scene)))
    const [{ link }] = links as [Connected]
    const pool = poolAt(url)
    await pool.query('drop schema makegood_queues cascade')
    await link.publish([message('orders.place')])
    await until(() => link.state.state === 'connected')
    const sent = message('orders.place')
    expect((await link.publish([sent])).confirmed).toEqual([sent.id])
  })
})

describe('a link that cannot connect', () => {
  test('says that the password is wrong', async () => {
    const url = new URL(sharedUrl)
    url.password = 'wrong'
    const { link, events } = unconnected({ pool: poolAt(url.href) })
    await until(() => events.length > 0)
    expect(events[0]).toMatchObject({ level: 'error', cause: { code: 'TRANSPORT_REFUSED' } })
    expect(events[0]!.message).toMatch(/^orders: The queues cannot be used: PostgreSQL refuses the password/)
    expect(await link.publish([message('orders.place')])).toEqual({ confirmed: [], undeliverable: [] })
  })

  test('says that its user may not make the tables', async () => {
    const { url } = await ownDatabase(sharedUrl, 'queues')
    await shared.query(`create role reader_${process.pid} login password 'reader'`)
    const refused = new URL(url)
    Object.assign(refused, { username: `reader_${process.pid}`, password: 'reader' })
    const { events } = unconnected({ pool: poolAt(refused.href) })
    await until(() => events.length > 0)
    expect(events[0]).toMatchObject({ level: 'error', cause: { code: 'TRANSPORT_REFUSED' } })
    expect(events[0]!.message).toContain('permission denied')
  })

  test('says that nobody is there, and closes at once', async () => {
    const { link, events } = unconnected({ pool: poolAt('postgres://127.0.0.1:1/none') })
    await until(() => events.length > 0)
    expect(events[0]).toMatchObject({ level: 'warn', cause: { code: 'TRANSPORT_UNAVAILABLE' } })
    const began = performance.now()
    await link.close()
    expect(link.state).toEqual({ state: 'closed' })
    expect(performance.now() - began).toBeLessThan(500)
  })

  test.each([{ leaseMs: 999 }, { idleMs: 0 }, { answerTimeoutMs: 1.5 }])('is not even made with %j', options => {
    expect(() => postgresTransport({ pool: shared, ...options })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })
})

describe('a link that loses its connections', () => {
  badNetwork(async () => {
    const way = await cuttable(sharedUrl)
    return { ...(await connected({ pool: poolAt(way.url), leaseMs: 1_000, answerTimeoutMs: 1_000 })), way }
  }, /gave no answer in 1000 ms/)
})

describe('a server that has bad days', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startOwnPostgres()
  })
  afterAll(() => server.stop())

  badBroker(async () => ({ ...(await connected({ pool: poolAt(server.url), leaseMs: 1_000 })), broker: server }))
})

interface OneQueue {
  readonly topology: Topology
  readonly queue: Queue
}

function topologyOf(service: string): OneQueue {
  const name = `test.${Math.random().toString(36).slice(2)}.${service}`
  const queue: Queue = { name, service, bindings: [`${service}.*`], deadLetters: `${name}.dead-letter` }
  return { topology: { exchange: name, queues: [queue] }, queue }
}

interface Connected {
  readonly link: Link
  readonly events: readonly LinkEvent[]
}

function unconnected(
  options: PostgresTransportOptions,
  { topology, queue }: OneQueue = topologyOf('orders'),
  { takes = true }: { readonly takes?: boolean } = {},
): Connected {
  const events: LinkEvent[] = []
  const link = postgresTransport(options).connect({
    service: 'orders',
    topology,
    queue: takes ? queue : undefined,
    prefetch: 200,
    report: event => events.push(event),
  })
  onTestFinished(() => link.close())
  return { link, events }
}

async function connected(...parts: Parameters<typeof unconnected>): Promise<Connected> {
  const made = unconnected(...parts)
  await until(() => made.link.state.state === 'connected')
  return made
}

function poolAt(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, pipeline: true } as pg.PoolConfig)
  onTestFinished(() => pool.end())
  return pool
}
