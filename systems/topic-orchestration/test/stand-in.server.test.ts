import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { StandIn } from '../../runner/test/stand-in.ts'
import { services } from '../wire.ts'
import { serversShop } from './servers-shop.ts'
import { type RunningShop, Shop } from './shop.ts'

// The product service is a plain script here, written by the documentation alone.

let running: RunningShop
let shop: Shop
let product: StandIn
beforeAll(async () => {
  running = await serversShop(inject('postgresUrl'), inject('amqpUrl'))
  shop = new Shop(running)
  await running.end(services.product)
  product = await StandIn.of(new URL('../strangers/product.mjs', import.meta.url), {
    AMQP_URL: inject('amqpUrl'),
    TIMES: '2',
  })
  await product.start()
}, 120_000)
afterAll(async () => {
  await product?.remove()
  await running?.stop()
})

test('an order is served, and each answer may come twice', async () => {
  const user = await shop.enterUser()
  const placed = await shop.place({ owner_id: user.id, product_id: 1 })
  expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED', current_step: 'DONE' })
  expect(await shop.balance(user)).toBe(80)
  expect(await stock()).toBe(3)
})

test('an order for more than the stranger has fails', async () => {
  const placed = await shop.place({ product_id: 1, quantity: 6 })
  expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED', current_step: 'CHECK_STOCK' })
  expect(await stock()).toBe(3)
})

test('what somebody else took meanwhile is paid back', async () => {
  await product.end()
  await product.start({ TAKEN_MEANWHILE: '3' })
  const user = await shop.enterUser()
  const placed = await shop.place({ owner_id: user.id, product_id: 1, quantity: 1 })
  expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED', current_step: 'UPDATE_STOCK' })
  expect(await shop.order(placed)).toMatchObject({ status: 'FAILED' })
  expect(await shop.balance(user)).toBe(100)
})

test('while the stranger is down orders wait, and go on when he is back', async () => {
  await product.end()
  const placed = await shop.place({ product_id: 1, quantity: 1 })
  await shop.isAt(placed, 'CHECK_STOCK')
  await product.start()
  expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
  expect(await stock()).toBe(2)
})

test('what came twice is no dead letter', async () => {
  expect(await running.deadLetters('saga.orchestrator.dead-letter')).toEqual([])
})

/** Of product 1, in the stranger's books. */
async function stock(): Promise<number | undefined> {
  return (await product.books<{ products: Record<string, { stock: number }> }>()).products['1']?.stock
}
