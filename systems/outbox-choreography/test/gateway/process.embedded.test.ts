import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { freePortOffset } from '../../../runner/free-ports.ts'
import { endAll, started } from '../../../runner/test/started.ts'

afterEach(endAll)

test('in a process of its own it needs no server, finds the services on this machine, and stops when asked', async () => {
  const offset = await freePortOffset([8000, 8080, 8082])
  const orders = createServer(({ url }, response) => response.end(url)).listen(8000 + offset, '127.0.0.1')
  await once(orders, 'listening')
  const gateway = started(
    ['outbox-choreography', '--servers', '--service', 'gateway', '--port-offset', String(offset)],
    { DB_PORT: '9', RABBITMQ_PORT: '9' },
  )
  await gateway.says(`http://localhost:${8080 + offset}  (admin: http://localhost:${8082 + offset})`)
  const text = async (port: number, path: string) => (await fetch(`http://localhost:${port + offset}${path}`)).text()
  expect(await text(8080, '/order/api/v1/orders/')).toBe('/api/v1/orders/')
  expect(await text(8082, '/routes')).toContain('"/order/"')
  gateway.child.kill('SIGTERM')
  expect((await gateway.ended).code).toBe(0)
  orders.closeAllConnections()
  orders.close()
})
