import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ecommerce } from '../../ecommerce/system.ts'
import { settingsOfTests } from '../../ecommerce/test/embedded-shop.ts'
import { Shop } from '../../ecommerce/test/shop.ts'
import { services } from '../../ecommerce/wire.ts'
import { embeddedGround } from '../embedded-ground.ts'
import { onFreePorts } from '../on-free-ports.ts'
import { type RunningSystem, runSystem } from '../running-system.ts'
import { eventually } from './eventually.ts'

let folder: string
let running: RunningSystem
let shop: Shop
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'running-service-'))
  const system = ecommerce(settingsOfTests())
  running = await runSystem(system, { ...(await onFreePorts(system)), ground: embeddedGround(folder, { fresh: true }) })
  shop = new Shop({ ...running, turn: async () => {} })
})
afterAll(async () => {
  await running?.stop()
  await rm(folder, { recursive: true, force: true })
})

const serviceOf = (name: string) => running.services.find(({ spec }) => spec.name === name)!

test('a service that is ended is a 503 at its port, and what is sent to it waits until it is started on its data again', async () => {
  const before = await shop.ended(await shop.place())
  const shipping = serviceOf(services.shipping)
  await shipping.end()
  expect(shipping.isOn).toBe(false)

  const placed = await shop.place()
  await eventually(async () =>
    expect(await shop.saga(placed.id)).toMatchObject({
      status: 'in_progress',
      steps: [{}, {}, { name: 'shipping', outcome: 'open' }],
    }),
  )
  expect((await shop.call('GET', services.shipping, '/readyz')).status).toBe(503)
  expect((await shop.call('GET', services.shipping, `/api/v1/orders/${before.id}/shipment`)).status).toBe(503)
  const { body } = await shop.call<string>('GET', services.payments, '/metrics')
  expect(body).toContain('makegood_database_up{service="shipping-service"} 0')
  expect(body).toContain('makegood_database_up{service="payment-service"} 1')

  await shipping.start()
  expect(await shop.ended(placed)).toMatchObject({ status: 'completed' })
  expect(await shop.shipment(placed.id)).toMatchObject({ status: 'preparing' })
  expect(await shop.shipment(before.id), 'its data is what it was').toMatchObject({ status: 'preparing' })
  expect(await shop.netCharge(placed.id)).toBe(2599.98)
})

test('whoever ends or starts it twice, or both at once, is heard one after the other', async () => {
  const payment = serviceOf(services.payments)
  await Promise.all([payment.end(), payment.end(), payment.start(), payment.start(), payment.end(), payment.start()])
  expect(payment.isOn).toBe(true)
  expect(await shop.ended(await shop.place())).toMatchObject({ status: 'completed' })
})

test('one that cannot be started stays ended, and starts when what was in its way is gone', async () => {
  const shipping = serviceOf(services.shipping)
  await shipping.end()
  const data = join(folder, shipping.spec.database)
  await rename(data, `${data}.away`)
  await writeFile(data, 'no folder')
  await expect(shipping.start()).rejects.toThrow()
  expect(shipping.isOn).toBe(false)
  expect((await shop.call('GET', services.shipping, '/livez')).status).toBe(503)

  await rm(data)
  await rename(`${data}.away`, data)
  await shipping.start()
  expect(await shop.ended(await shop.place())).toMatchObject({ status: 'completed' })
})
