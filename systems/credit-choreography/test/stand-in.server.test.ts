import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { StandIn } from '../../runner/test/stand-in.ts'
import { services } from '../wire.ts'
import { serversShop } from './servers-shop.ts'
import { type RunningShop, Shop } from './shop.ts'

// The customer service is a plain script here, written by the documentation alone.

let running: RunningShop
let shop: Shop
let customers: StandIn
beforeAll(async () => {
  running = await serversShop(inject('postgresUrl'), inject('amqpUrl'))
  shop = new Shop(running)
  await running.end(services.customers)
  customers = await StandIn.of(new URL('../strangers/customer-service.mjs', import.meta.url), {
    AMQP_URL: inject('amqpUrl'),
    TIMES: '2',
  })
  await customers.start()
}, 120_000)
afterAll(async () => {
  await customers?.remove()
  await running?.stop()
})

test('an order is paid, and each answer may come twice', async () => {
  const order = await shop.place({ total_price: 40 })
  expect(await shop.ended(order)).toMatchObject({ status: 'confirmed' })
  expect((await shop.told(order, 3)).map(({ key }) => key)).toEqual([
    'order.created',
    'order.fulfilled',
    'order.fulfilled',
  ])
  expect(await customers.books()).toMatchObject({ balances: { 1: 6_000 } })
})

test('an order that the stranger refuses is cancelled, though he gives no reason', async () => {
  expect(await shop.ended(await shop.place({ total_price: 150 }))).toMatchObject({ status: 'cancelled' })
  expect(await shop.ended(await shop.place({ customer_id: 999 }))).toMatchObject({ status: 'cancelled' })
})

test('while the stranger is down orders wait, and go on when he is back', async () => {
  await customers.end()
  const order = await shop.place({ total_price: 10 })
  expect(await shop.order(order.id)).toMatchObject({ status: 'pending' })
  await customers.start()
  expect(await shop.ended(order)).toMatchObject({ status: 'confirmed' })
  expect(await customers.books()).toMatchObject({ balances: { 1: 5_000 } })
})

test('what came twice is no dead letter', async () => {
  const letters = ['order_fulfillment_queue.dead-letter', 'order_rejection_queue.dead-letter']
  for (const queue of letters) expect(await running.deadLetters(queue)).toEqual([])
})
