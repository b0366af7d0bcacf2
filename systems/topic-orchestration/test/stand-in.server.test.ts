import amqplib from 'amqplib'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { StandIn } from '../../runner/test/stand-in.ts'
import { services } from '../wire.ts'
import { serversShop } from './servers-shop.ts'
import { type Body, type Placed, type RunningShop, Shop } from './shop.ts'

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
  const placed = await shop.place({ owner_id: user.id, product_id: 4711 })
  expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED', current_step: 'DONE' })
  expect(await shop.balance(user)).toBe(80)
  expect(await stock()).toBe(3)
})

test('an order for more than the stranger has fails', async () => {
  const placed = await shop.place({ product_id: 4711, quantity: 6 })
  expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED', current_step: 'CHECK_STOCK' })
  expect(await stock()).toBe(3)
})

test('what somebody else took meanwhile is paid back', async () => {
  await product.end()
  await product.start({ TAKEN_MEANWHILE: '3' })
  const user = await shop.enterUser()
  const placed = await shop.place({ owner_id: user.id, product_id: 4711, quantity: 1 })
  expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED', current_step: 'UPDATE_STOCK' })
  expect(await shop.order(placed)).toMatchObject({ status: 'FAILED' })
  expect(await shop.balance(user)).toBe(100)
})

test('while the stranger is down orders wait, and go on when he is back', async () => {
  await product.end()
  const placed = await shop.place({ product_id: 4711, quantity: 1 })
  await shop.isAt(placed, 'CHECK_STOCK')
  await product.start()
  expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
  expect(await stock()).toBe(2)
})

test('a refund that a user service of theirs refuses is asked for again', async () => {
  await running.end(services.user)
  await product.end()
  await product.start({ TAKEN_MEANWHILE: '3' })
  const placed = await shop.place({ owner_id: 1, product_id: 4711, quantity: 1 })
  const says = [
    ['check_balance', 'success'],
    ['update_balance', 'success'],
    ['update_balance', 'failed'],
    ['update_balance', 'failed'],
    ['update_balance', 'success'],
  ] as const
  for (const [asked, [action, result]] of says.entries()) {
    const command = await askedOfUsers(placed, asked)
    const status = result === 'success' ? { status: 'SUCCESS' } : { status: 'FAILED', reason: 'Not now' }
    const answer = { ...command, payload: status, timestamp: String(Date.now() / 1_000), result }
    await running.send(`saga.${placed.saga_id}.event.user.${action}.${result}`, JSON.stringify(answer))
  }
  expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED', current_step: 'UPDATE_STOCK' })
  // What waits for our own service has been done by theirs.
  const broker = await amqplib.connect(inject('amqpUrl'))
  await (await broker.createChannel()).purgeQueue('saga.user')
  await broker.close()
})

test('what came twice is no dead letter', async () => {
  expect(await running.deadLetters('saga.orchestrator.dead-letter')).toEqual([])
})

/** What the user service was asked, once it was asked so often before. */
function askedOfUsers({ saga_id }: Placed, before: number): Promise<Body> {
  return eventually(() => {
    const asked = running.heard.filter(({ routingKey }) => routingKey.startsWith(`saga.${saga_id}.command.user.`))
    expect(asked.length).toBeGreaterThan(before)
    return JSON.parse(asked[before]!.body) as Body
  })
}

/** Of his one product, in the stranger's books. */
async function stock(): Promise<number | undefined> {
  return (await product.books<{ products: Record<string, { stock: number }> }>()).products['4711']?.stock
}
