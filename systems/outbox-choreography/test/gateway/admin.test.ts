import { expect, test } from 'vitest'
import { ask, running } from './gateway-rig.ts'

test('/status says that it works, and how much', async () => {
  const { url, adminUrl } = await running()
  await ask(url, '/elsewhere')
  const { status, json } = await ask(adminUrl, '/status')
  expect(status).toBe(200)
  expect(json()).toEqual({
    database: { reachable: true },
    server: { connections_active: expect.any(Number), total_requests: 1 },
  })
})

test('/services shows those of the file as Kong would', async () => {
  const { data, next } = (await ask((await running()).adminUrl, '/services')).json()
  expect(next).toBeNull()
  expect(data).toHaveLength(3)
  expect(data[1]).toEqual({
    name: 'stock',
    protocol: 'http',
    host: 'stock',
    port: 8001,
    path: null,
    retries: 0,
    connect_timeout: 5_000,
    read_timeout: 60_000,
    enabled: true,
  })
})

test('/routes shows those of the file, with their service', async () => {
  const { data } = (await ask((await running()).adminUrl, '/routes')).json()
  expect(data).toHaveLength(3)
  expect(data[2]).toEqual({ name: 'payment', paths: ['/payment/'], strip_path: true, service: { name: 'payment' } })
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s is refused: what is served is said in the file', async method => {
  const { adminUrl } = await running()
  const { status, json } = await ask(adminUrl, '/services', {
    method,
    body: '{}',
    headers: { 'content-type': 'application/json', 'content-length': 2 },
  })
  expect({ status, ...json() }).toEqual({ status: 405, message: 'Method not allowed' })
})

test('anything else is 404', async () => {
  const { status, json } = await ask((await running()).adminUrl, '/consumers')
  expect({ status, ...json() }).toEqual({ status: 404, message: 'Not found' })
})
