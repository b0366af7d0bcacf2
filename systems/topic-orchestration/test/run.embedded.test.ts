import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freePortOffset } from '../../runner/free-ports.ts'
import { eventually } from '../../runner/test/eventually.ts'
import { endAll, started } from '../../runner/test/started.ts'

afterEach(endAll)

const ports = [8000, 8001, 8002, 8003]
const topic = (...args: string[]) => ['topic-orchestration', ...args]

test('the demo places every documented order, and each ends as documented', async () => {
  const { code, out } = await started(topic('--demo')).ended
  expect(out).toContain('Every order ended as documented.')
  expect(code).toBe(0)
})

test('embedded it serves the documented order at the documented ports, keeps what became of it, and stops with 0', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'topic-'))
  const offset = await freePortOffset(ports)
  const post = async (port: number, path: string, body: object) => {
    const response = await fetch(`http://localhost:${port + offset}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(200)
    return (await response.json()) as { saga_id: string }
  }
  const args = topic('--data', folder, '--port-offset', String(offset))
  const first = started(args)
  await first.says('Stop with Ctrl-C')
  await post(8000, '/users', { name: 'Ada', balance: 100 })
  await post(8001, '/products', { name: 'Tea', price: 10, stock: 5 })
  const { saga_id } = await post(8003, '/orders', { product_id: 1, owner_id: 1, quantity: 2 })
  first.child.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)

  const second = started(args)
  await second.says('is ready')
  const read = async (port: number, path: string): Promise<unknown> =>
    (await fetch(`http://localhost:${port + offset}${path}`)).json()
  await eventually(async () => expect(await read(8003, `/sagas/${saga_id}`)).toMatchObject({ status: 'COMPLETED' }))
  expect(await read(8000, '/users/1')).toMatchObject({ balance: 80 })
  expect(await read(8002, '/orders/1')).toMatchObject({ status: 'SUCCESS' })
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

test('on servers each service waits for its database at the documented port, and answers meanwhile', async () => {
  const offset = await freePortOffset([8000])
  const waiting = started(topic('--servers', '--service', 'user', '--port-offset', String(offset)))
  await waiting.says('Waiting for PostgreSQL at localhost:5454')
  const url = `http://localhost:${8000 + offset}`
  expect((await fetch(`${url}/`)).status).toBe(200)
  expect((await fetch(`${url}/readyz`)).status).toBe(503)
  const early = await fetch(`${url}/users`)
  expect({ status: early.status, body: await early.json() }).toEqual({
    status: 503,
    body: { detail: 'User Service is starting' },
  })
  waiting.child.kill('SIGTERM')
  expect((await waiting.ended).code).toBe(0)
})
