import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { StandIn } from '../../runner/test/stand-in.ts'
import { services } from '../wire.ts'
import { type ServersShop, serversShop } from './servers-shop.ts'
import { orderOf, Shop } from './shop.ts'

// The payment service is a plain script here, written by the documentation alone.

let running: ServersShop
let shop: Shop
let payments: StandIn
beforeAll(async () => {
  const others = Object.values(services).filter(name => name !== services.payments)
  running = await serversShop(inject('postgresUrl'), inject('amqpUrl'), others)
  shop = new Shop(running)
  payments = await StandIn.of(new URL('../strangers/payment-service.mjs', import.meta.url), {
    AMQP_URL: inject('amqpUrl'),
    TIMES: '2',
  })
  await payments.start()
}, 120_000)
afterAll(async () => {
  await payments?.remove()
  await running?.stop()
})

test('an order is paid, and each answer may come twice', async () => {
  expect(await shop.ended(await shop.place())).toMatchObject({ status: 'completed' })
})

test('an order that the stranger refuses is cancelled for his reason', async () => {
  const dear = await shop.place(orderOf({ product: 1, quantity: 4, price: 1299.99 }))
  expect(await shop.ended(dear)).toMatchObject({ status: 'cancelled', failure_reason: 'Insufficient funds' })
})

test('a charge is refunded when the stock has refused', async () => {
  const order = await shop.place(orderOf({ product: 2, quantity: 1, price: 1 }))
  expect(await shop.ended(order)).toMatchObject({ status: 'cancelled', failure_reason: 'Price mismatch' })
  expect(await refundedOf(order)).toBe(1)
})

test('while the stranger is down orders wait, and go on when he is back', async () => {
  await payments.end()
  const order = await shop.place()
  expect(await shop.order(order.id)).toMatchObject({ status: 'processing' })
  await payments.start()
  expect(await shop.ended(order)).toMatchObject({ status: 'completed' })
})

test('a refund that the stranger refuses is asked for again until he makes it', async () => {
  await payments.end()
  await payments.start({ REFUNDS_REFUSED: '2' })
  const order = await shop.place(orderOf({ product: 2, quantity: 1, price: 2 }))
  expect(await shop.ended(order)).toMatchObject({ status: 'cancelled', failure_reason: 'Price mismatch' })
  expect(await refundedOf(order)).toBe(2)
})

/** What the stranger has in his books. */
async function refundedOf({ saga_id }: { readonly saga_id: string }): Promise<unknown> {
  const books = await payments.books<Record<string, { answer: { payload: { total_refunded?: number } } }>>()
  return books[`payment.refund ${saga_id}`]?.answer.payload.total_refunded
}
