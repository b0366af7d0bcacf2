import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { z } from 'zod'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { command } from '../../src/definition/message.ts'
import { handlersFor } from '../../src/definition/participant.ts'
import { saga } from '../../src/definition/saga-chain.ts'
import type { PgClient } from '../../src/definition/transaction.ts'
import { cloudEventsWire } from '../../src/engine/cloud-events-wire.ts'
import { type Service, service } from '../../src/engine/service.ts'
import { type OwnDatabase, ownDatabase } from '../own-database.ts'

// The bank of docs/interoperation.md, as it stands there, beside an orchestrator and a carrier of makegood.

const Order = z.object({ cents: z.int(), carried: z.boolean() })
const charge = command('bank.charge', {
  payload: z.object({ cents: z.int() }),
  reply: z.object({ chargeId: z.string() }),
  failures: { DECLINED: z.object({ reason: z.string() }) },
})
const refund = command('bank.refund', { payload: z.object({ chargeId: z.string() }) })
const carry = command('carrier.carry', {
  payload: z.object({ carried: z.boolean() }),
  failures: { FULL: z.object({}) },
})

const selling = saga('selling', { version: 1, data: Order })
  .compensatable('bank', charge, {
    payload: ({ cents }) => ({ cents }),
    deadlineMs: 1_500,
    compensation: { command: refund, payload: (_order, { bank }) => bank },
  })
  .pivot('carrier', carry, { payload: ({ carried }) => ({ carried }) })
  .ends()

const carrying = [
  handlersFor<PgClient>().handle(carry, async ({ carried }, { succeed, fail }) =>
    carried ? succeed() : fail('FULL', {}),
  ),
]

const exchange = `interoperation-${process.pid}`
let database: OwnDatabase
let pool: pg.Pool
let services: readonly Service<string, PgClient>[]
let orchestrator: Service<string, PgClient>
let bank: ChildProcess
beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'), 'interoperation')
  pool = new pg.Pool({ connectionString: database.url, max: 10 })
  const hosted = [
    { name: 'interoperation-orchestrator', hosts: [selling] },
    { name: 'carrier', hosts: carrying },
  ]
  const wire = cloudEventsWire({ exchange, services: hosted })
  const common = { store: postgres({ pool }), transport: rabbitmq({ url: inject('amqpUrl') }), wire }
  services = hosted.map(({ name, hosts }) => service(name, { ...common, hosts }))
  orchestrator = services[0]!
  await Promise.all(services.map(each => each.start()))
  bank = await startBank()
})
afterAll(async () => {
  bank?.kill('SIGKILL')
  await Promise.all((services ?? []).map(each => each.stop()))
  await pool?.end()
  await database?.drop()
})

test('a bank that is not makegood charges', async () => {
  expect(await sold('happy', { cents: 500, carried: true })).toMatchObject({ status: 'completed' })
  expect(await charged()).toEqual([500])
})

test('what it declines is made good', async () => {
  expect(await sold('dear', { cents: 100_001, carried: true })).toMatchObject({
    status: 'compensated',
    state: { cause: { step: 'bank', code: 'DECLINED', details: { reason: 'too dear' } } },
  })
})

test('what it has charged it gives back', async () => {
  expect(await sold('full', { cents: 700, carried: false })).toMatchObject({ status: 'compensated' })
  expect(await charged()).toEqual([500])
})

test('while it is down it is in doubt, and it closes what it finds when it is back', async () => {
  bank.kill('SIGKILL')
  await once(bank, 'exit')
  const { sagaId } = await orchestrator.startSaga(selling, { cents: 900, carried: true }, { key: 'down' })
  await vi.waitFor(
    async () => expect(await orchestrator.status(selling, 'down')).toMatchObject({ status: 'compensating' }),
    {
      timeout: 60_000,
    },
  )
  bank = await startBank()
  expect(await orchestrator.result(sagaId, { timeoutMs: 30_000 })).toMatchObject({ status: 'compensated' })
  expect(await charged()).toEqual([500])
})

async function sold(key: string, order: z.infer<typeof Order>) {
  const { sagaId } = await orchestrator.startSaga(selling, order, { key })
  return orchestrator.result(sagaId, { timeoutMs: 30_000 })
}

async function charged(): Promise<number[]> {
  const { rows } = await pool.query<{ cents: string }>('select cents from charges order by cents')
  return rows.map(({ cents }) => Number(cents))
}

async function startBank(): Promise<ChildProcess> {
  const page = readFileSync(new URL('../../../docs/interoperation.md', import.meta.url), 'utf8')
  const [, code = ''] = /^```js\n(\/\/ bank\.mjs\n.*?)^```$/ms.exec(page) ?? []
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    env: { PATH: process.env['PATH'], AMQP_URL: inject('amqpUrl'), DATABASE_URL: database.url, EXCHANGE: exchange },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout!, 'data')
  return child
}
