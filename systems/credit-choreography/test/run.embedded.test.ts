import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { freePortOffset } from '../../runner/free-ports.ts'
import { endAll, started } from '../../runner/test/started.ts'

afterEach(endAll)

const credit = (...args: string[]) => ['credit-choreography', ...args]

test('the demo places every documented order, and each ends as documented', async () => {
  const { code, out } = await started(credit('--demo')).ended
  expect(out).toContain('Every order ended as documented.')
  expect(code).toBe(0)
})

test('embedded it serves the documented order, keeps what became of it, and stops with 0', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'credit-'))
  const offset = await freePortOffset([8001, 8002])
  const args = credit('--data', folder, '--port-offset', String(offset))
  const first = started(args)
  await first.says('Stop with Ctrl-C')
  const body = JSON.stringify({ customer_id: 1, product_id: 1, status: 'pending', quantity: 1, total_price: 50.0 })
  const placed = await fetch(`http://localhost:${8001 + offset}/orders/`, { method: 'POST', body })
  expect(placed.status).toBe(200)
  first.child.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)

  const second = started(args)
  await second.says('is ready')
  await expect
    .poll(async () => (await fetch(`http://localhost:${8001 + offset}/orders/1`)).json())
    .toMatchObject({ id: 1, status: 'confirmed' })
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

describe('on servers', () => {
  test('both services in one process wait for their databases, each at its own port', async () => {
    const offset = await freePortOffset([8001, 8002])
    const waiting = started(credit('--servers', '--port-offset', String(offset)))
    await waiting.says('Waiting for PostgreSQL at localhost:5431')
    await waiting.says('Waiting for PostgreSQL at localhost:5433')
    waiting.child.kill('SIGTERM')
    expect((await waiting.ended).code).toBe(0)
  })

  test.each([
    ['order', 8001, 5431, '/orders/', 'Order Service is starting'],
    ['customer', 8002, 5433, '/customers/', 'Customer Service is starting'],
  ])(
    'the %s service on port %d waits for its database at the documented port %d, and answers meanwhile',
    async (service, port, databasePort, path, detail) => {
      const offset = await freePortOffset([port])
      const waiting = started(credit('--servers', '--service', service, '--port-offset', String(offset)))
      await waiting.says(`Waiting for PostgreSQL at localhost:${databasePort}`)
      const url = `http://localhost:${port + offset}`
      expect((await fetch(`${url}/`)).status).toBe(200)
      expect((await fetch(`${url}/readyz`)).status).toBe(503)
      const early = await fetch(`${url}${path}`)
      expect({ status: early.status, body: await early.json() }).toEqual({ status: 503, body: { detail } })
      waiting.child.kill('SIGTERM')
      expect((await waiting.ended).code).toBe(0)
    },
  )
})
