import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { embeddedGround } from '../../../runner/embedded-ground.ts'
import { onFreePorts } from '../../../runner/on-free-ports.ts'
import { type RunningSystem, runSystem } from '../../../runner/running-system.ts'
import { documentedOrder, outboxChoreography } from '../../system.ts'

let running: RunningSystem
let folder: string
let url: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outbox-choreography-'))
  const system = outboxChoreography({ paymentLimitCents: 100_000n })
  running = await runSystem(system, {
    ...(await onFreePorts(system)),
    ground: embeddedGround(folder, { fresh: true }),
  })
  url = running.urlOf('gateway')
})
afterAll(async () => {
  await running?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('an order is placed, paid and read through the gateway', async () => {
  const placed = await fetch(`${url}/order/api/v1/orders/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: 'http://shop.example' },
    body: JSON.stringify(documentedOrder),
  })
  expect(placed.status).toBe(201)
  expect(placed.headers.get('access-control-allow-origin')).toBe('http://shop.example')
  expect(placed.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/)
  const { order_id } = (await placed.json()) as { order_id: number }
  await vi.waitFor(
    async () => expect(await read(`/order/api/v1/orders/${order_id}/`)).toMatchObject({ status: 'payment_confirmed' }),
    { timeout: 60_000 },
  )
  expect(await read('/stock/api/v1/stocks/')).toContainEqual(expect.objectContaining({ product_id: '1', quantity: 9 }))
  expect(await read('/payment/api/v1/payments/')).toMatchObject([{ order_id: String(order_id) }])
})

test('a path without its slash is sent to the one that has it, behind the same prefix', async () => {
  const { status, headers } = await fetch(`${url}/stock/api/v1/stocks?page=1`, { redirect: 'manual' })
  expect({ status, location: headers.get('location') }).toEqual({
    status: 301,
    location: '/stock/api/v1/stocks/?page=1',
  })
})

test('what a service refuses is told in its own words', async () => {
  const refused = await fetch(`${url}/order/api/v1/orders/`, {
    method: 'POST',
    body: 'x',
    headers: { 'Content-Type': 'text/csv' },
  })
  expect(refused.status).toBe(415)
  expect(await refused.json()).toEqual({ detail: 'Unsupported media type "text/csv" in request.' })
})

test('a body that a service would not take is refused before', async () => {
  const refused = await fetch(`${url}/order/api/v1/orders/`, { method: 'POST', body: 'x'.repeat(65_537) })
  expect(refused.status).toBe(413)
  expect(await refused.json()).toEqual({ message: 'Request size limit exceeded' })
})

async function read(path: string): Promise<unknown> {
  return (await fetch(`${url}${path}`)).json()
}
