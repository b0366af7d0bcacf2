import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type PostgresServer, startOwnPostgres } from '../../../scripts/servers/postgres.ts'
import { pglite } from '../../src/adapters/pglite/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { type RouteName, routes } from '../../src/operations/contract.ts'
import { cuttable, type Network } from '../adapters/network.ts'
import { ask, type OperatedShop, operatedShop, questionsAbout, serverOf, tokens } from './operated-shop.ts'

// The orders' database is a server that goes away; the workers have theirs.

let server: PostgresServer
let network: Network
let pool: pg.Pool
let shop: OperatedShop
let app: FastifyInstance
let sagaId: string

beforeAll(async () => {
  server = await startOwnPostgres({ fsync: false })
})

afterAll(async () => {
  await server.stop()
})

async function open(url: string): Promise<void> {
  pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 1_000, max: 5 })
  pool.on('error', () => {})
  shop = await operatedShop({ orders: postgres({ pool }), workers: pglite() })
  app = await serverOf(shop)
  sagaId = await shop.order({ orderId: `stuck-${crypto.randomUUID()}`, email: 'nobody@example.com' })
}

async function close(): Promise<void> {
  await app.close()
  await shop.close()
  await pool.end()
}

const names = (Object.keys(routes) as RouteName[]).filter(name => name !== 'changes')

function answers(): Promise<readonly (readonly [RouteName, number, string])[]> {
  const questions = questionsAbout({ sagaId, letter: `${sagaId}/invoice/forward` })
  return Promise.all(
    names.map(async name => {
      const { statusCode, body } = await ask(app, name, questions[name], `Bearer ${tokens.admin}`)
      return [name, statusCode, body] as const
    }),
  )
}

const statuses = (all: Awaited<ReturnType<typeof answers>>) =>
  Object.fromEntries(all.map(([name, code]) => [name, code]))
const everything = (code: number) => Object.fromEntries(names.map(name => [name, code]))

test('a service whose database is down says so, with what is to be done, and goes on when it is back', async () => {
  await open(server.url)
  expect(statuses(await answers())).toEqual(everything(200))
  await server.kill()
  await vi.waitFor(async () => {
    const away = await answers()
    expect(statuses(away)).toEqual({ ...everything(503), me: 200, services: 200, actOnDeadLetters: 200 })
    for (const [name, code, body] of away) {
      if (code === 503) expect(JSON.parse(body), name).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
    const { services } = JSON.parse(away.find(([name]) => name === 'services')![2])
    expect(services).toMatchObject([
      {
        service: 'orders',
        database: 'down',
        reasons: [expect.stringContaining('PostgreSQL cannot be reached')],
        figures: null,
      },
      { service: 'workers', database: 'up' },
    ])
  }, 20_000)
  await server.restart()
  await vi.waitFor(async () => expect(statuses(await answers())).toEqual(everything(200)), 20_000)
  await close()
})

test('a service whose database hangs is not waited for without end', async () => {
  network = await cuttable(server.url)
  await open(network.url)
  network.freeze()
  const began = performance.now()
  const hanging = await answers()
  expect(performance.now() - began).toBeLessThan(20_000)
  const { services } = JSON.parse(hanging.find(([name]) => name === 'services')![2])
  expect(services).toMatchObject([{ database: 'down', figures: null }, { database: 'up' }])
  expect(statuses(hanging)).toMatchObject({ me: 200, services: 200, sagas: 503, saga: 503, failures: 503 })
  network.thaw()
  await vi.waitFor(async () => expect(statuses(await answers())).toEqual(everything(200)), 30_000)
  await close()
})
