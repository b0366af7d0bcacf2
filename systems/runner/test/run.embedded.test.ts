import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePortOffset } from '../free-ports.ts'
import { endAll, started } from './started.ts'

const ports = [8001, 8002, 8003, 8004, 8005, 8006]
let folder: string
let offset: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-'))
  offset = await freePortOffset(ports)
})
afterEach(async () => {
  await endAll()
  await rm(folder, { recursive: true, force: true })
})

describe('what a person can mend is one sentence and no stack', () => {
  test.each([
    ['an unknown system', ['shop'], 'There is no system shop; there is ecommerce'],
    [
      'an unknown service',
      ['ecommerce', '--service', 'basket'],
      'ecommerce has no service basket; there are order-service',
    ],
    ['an unknown option', ['--server'], "unknown option '--server'"],
    ['a port offset that is none', ['--port-offset', 'x'], 'It must be a whole number'],
  ])('%s', async (_name, args, says) => {
    const { code, err } = await started([...args, '--data', folder]).ended
    expect(code).toBe(1)
    expect(err).toContain(says)
    expect(err).not.toContain('    at ')
  })

  test('a port that is in use', async () => {
    const taken = await listenOn(8003 + offset)
    const { code, err } = await started(['--data', folder, '--port-offset', String(offset)]).ended
    taken.close()
    expect(code).toBe(1)
    expect(err).toBe(
      `Port ${8003 + offset} of inventory-service is in use: stop what listens there, or shift all ports with --port-offset 100.\n`,
    )
  })

  test('a data folder that is a file', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    const { code, err } = await started(['--data', file, '--port-offset', String(offset)]).ended
    expect(code).toBe(1)
    expect(err).toMatch(/^The data folder cannot be made, choose another with --data: .*\n$/)
    expect(err).toContain(file)
  })

  test('operations that nobody is named for', async () => {
    const { code, err } = await started(['--servers', '--port-offset', String(offset)], { OPERATIONS: 'on' }).ended
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^OPERATIONS is on, and nobody is named .*\n$/),
    })
  })

  test('a broken variable', async () => {
    const { code, err } = await started(['--servers', '--port-offset', String(offset)], { DB_PORT: 'five' }).ended
    expect({ code, err }).toEqual({ code: 1, err: 'DB_PORT is "five": it must be a whole number from 1 to 65535.\n' })
  })
})

test('embedded it says where it answers, serves the first order with the curl it shows, keeps it, and stops with 0', async () => {
  const args = ['--data', folder, '--port-offset', String(offset)]
  const first = started(args, { PROVIDER_DELAY_SCALE: '0', PAYMENT_FAILURE_RATE: '0', SHIPPING_FAILURE_RATE: 'none' })
  await first.says('Stop with Ctrl-C')

  const again = await started(['--data', folder, '--port-offset', String(await freePortOffset(ports))]).ended
  expect(again).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^The data folder \S+ is used by process \d+: .*\n$/),
  })

  const placed = await fetch(`http://localhost:${8001 + offset}/api/v1/orders`, {
    method: 'POST',
    body: JSON.stringify(order),
  })
  const { data } = (await placed.json()) as { data: { id: string } }
  first.child.kill('SIGTERM')
  const { code, out } = await first.ended
  expect(code).toBe(0)
  expect(out).toContain(`http://localhost:${8001 + offset}`)
  expect(out).toContain('curl')
  expect(out).toContain(`http://localhost:${8001 + offset}/console/`)
  const log = await readFile(join(folder, 'log.jsonl'), 'utf8')
  expect(JSON.parse(log.split('\n')[0]!)).toMatchObject({ service: expect.any(String), msg: expect.any(String) })

  const second = started(args, { PROVIDER_DELAY_SCALE: '0' })
  await second.says('is ready')
  const kept = await fetch(`http://localhost:${8001 + offset}/api/v1/orders/${data.id}`)
  second.child.kill('SIGINT')
  expect(kept.status).toBe(200)
  expect((await second.ended).code).toBe(0)
}, 120_000)

test('without its servers it says what it waits for, answers that it lives and is not ready, and stops when asked', async () => {
  const waiting = started(['--servers', '--service', 'payment', '--port-offset', String(offset)], {
    DB_PORT: '9',
    RABBITMQ_PORT: '9',
  })
  await waiting.says('Waiting for PostgreSQL at localhost:9')
  const get = (path: string) => fetch(`http://localhost:${8002 + offset}${path}`)
  expect((await get('/livez')).status).toBe(200)
  expect((await get('/readyz')).status).toBe(503)
  expect((await get('/api/v1/health')).status).toBe(200)
  for (const path of ['/console/', '/operations/me']) expect((await get(path)).status, path).toBe(404)
  const early = await get('/api/v1/orders/0192f3a0-0000-7000-8000-000000000001/payment')
  expect(early.status, 'it has waited for a moment').toBe(503)
  expect(await early.json()).toMatchObject({ success: false, message: 'Payment service is starting' })
  waiting.child.kill('SIGTERM')
  const { code, err } = await waiting.ended
  expect(code).toBe(0)
  expect(err).not.toContain('    at ')
})

test('on servers one whose log nobody reads any more stops all the same', async () => {
  const unheard = started(['--servers', '--service', 'payment', '--port-offset', String(offset)], {
    DB_PORT: '9',
    RABBITMQ_PORT: '9',
  })
  await unheard.says('Waiting for PostgreSQL at localhost:9')
  unheard.child.stderr!.destroy()
  await unheard.stop()
})

const order = {
  customer_id: '123e4567-e89b-12d3-a456-426614174000',
  items: [{ product_id: '550e8400-e29b-41d4-a716-446655440001', quantity: 2, price: 1299.99 }],
  shipping_address: { street: '123 Main St', city: 'New York', state: 'NY', zip_code: '10001', country: 'USA' },
}

function listenOn(port: number): Promise<Server> {
  const server = createServer()
  return new Promise(resolve => server.listen(port, '127.0.0.1', () => resolve(server)))
}
