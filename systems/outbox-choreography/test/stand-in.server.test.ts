import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { StandIn } from '../../runner/test/stand-in.ts'
import { services } from '../wire.ts'
import { serversShop } from './servers-shop.ts'
import { type RunningShop, Shop } from './shop.ts'

// The payment service is a plain script here, written by the documentation alone.

let running: RunningShop
let shop: Shop
let payment: StandIn
beforeAll(async () => {
  running = await serversShop(inject('postgresUrl'), inject('amqpUrl'), [services.order, services.stock])
  shop = new Shop(running)
  payment = await StandIn.of(new URL('../strangers/payment.mjs', import.meta.url), {
    AMQP_URL: inject('amqpUrl'),
    TIMES: '2',
  })
  await payment.start()
}, 120_000)
afterAll(async () => {
  await payment?.remove()
  await running?.stop()
})

test('an order is paid, and each answer may come twice', async () => {
  expect(await shop.ended(await shop.place())).toBe('payment_confirmed')
})

test('of an order that the stranger denies the stock is given back', async () => {
  const before = await shop.stockOf('1')
  const order = await shop.place({ amount: '1001', quantity: 2 })
  expect(await shop.ended(order)).toBe('payment_denied')
  await eventually(async () => expect(await shop.stockOf('1')).toBe(before))
})

test('while the stranger is down orders wait, and go on when he is back', async () => {
  await payment.end()
  const order = await shop.place()
  await payment.start()
  expect(await shop.ended(order)).toBe('payment_confirmed')
})

test('what came twice is no dead letter', async () => {
  expect(await running.deadLetters('DLQ.order.v1')).toEqual([])
})
