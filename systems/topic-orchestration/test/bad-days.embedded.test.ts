import { afterAll, beforeAll, expect, test } from 'vitest'
import { services } from '../wire.ts'
import { type EmbeddedShop, embeddedShop } from './embedded-shop.ts'
import { type Placed, Shop } from './shop.ts'

let running: EmbeddedShop
let shop: Shop
beforeAll(async () => {
  running = await embeddedShop()
  shop = new Shop(running)
})
afterAll(() => running?.stop())

/** An order that is paid, whose goods are sold to somebody else, which the product service cannot say yet. */
async function paidInVain(): Promise<{ placed: Placed; owner: { id: number } }> {
  const [owner, product] = [await shop.enterUser(), await shop.enterProduct()]
  await running.end(services.user)
  const placed = await shop.place({ owner_id: owner.id, product_id: product.id })
  await shop.isAt(placed, 'CHECK_BALANCE')
  await shop.restock(product, 0)
  await running.end(services.product)
  await running.start(services.user)
  await shop.isAt(placed, 'UPDATE_STOCK')
  return { placed, owner }
}

test('a refund that waits for the user service holds up the end of the order', async () => {
  const { placed, owner } = await paidInVain()
  expect(await shop.balance(owner)).toBe(80)
  await running.end(services.user)
  await running.start(services.product)
  await shop.heard(placed, 9)
  expect(await shop.order(placed)).toMatchObject({ status: 'PROCESSING' })
  expect(await shop.saga(placed)).toMatchObject({ status: 'PROCESSING' })
  await running.start(services.user)
  expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED' })
  expect(await shop.order(placed)).toMatchObject({ status: 'FAILED' })
  expect(await shop.balance(owner)).toBe(100)
})

test('a refund to a user who is gone is asked for again, until a person says that it is settled', async () => {
  const { placed, owner } = await paidInVain()
  await shop.call('DELETE', services.user, `/users/${owner.id}`)
  await running.start(services.product)
  const refusals = (await shop.keysHeard(placed, 12)).filter(key => key === 'event.user.update_balance.failed')
  expect(refusals.length).toBeGreaterThan(1)
  expect(await shop.order(placed)).toMatchObject({ status: 'PROCESSING' })

  await running.service(services.orchestrator).request(placed.saga_id, {
    action: { kind: 'skip', step: 'update_balance' },
    by: 'ada',
    reason: 'Paid out in cash',
  })
  expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED' })
  expect(await shop.order(placed)).toMatchObject({ status: 'FAILED' })
})

test('a product that is no longer sold needs nothing put back: the money is given back', async () => {
  const [owner, product] = [await shop.enterUser(), await shop.enterProduct()]
  await running.end(services.user)
  const placed = await shop.place({ owner_id: owner.id, product_id: product.id })
  await shop.isAt(placed, 'CHECK_BALANCE')
  await running.sql(services.order, 'delete from orders where id = $1', [placed.order_id])
  await running.end(services.order)
  await running.start(services.user)
  await shop.isAt(placed, 'UPDATE_ORDER')
  await shop.call('DELETE', services.product, `/products/${product.id}`)
  await running.start(services.order)
  expect(await shop.ended(placed)).toMatchObject({ status: 'FAILED' })
  expect(await shop.balance(owner)).toBe(100)
})

test('a database that cannot answer is a 500 in plain text, and tells nothing from inside', async () => {
  const users = running.service(services.user)
  await users.transaction(({ db }) => db.query('alter table users rename to users_away'))
  const { status, body } = await shop.call('GET', services.user, '/users/1')
  await users.transaction(({ db }) => db.query('alter table users_away rename to users'))
  expect({ status, body }).toEqual({ status: 500, body: 'Internal Server Error' })
})

test('what operators may see is there: the saga, its steps and its dead letters', async () => {
  const placed = await shop.place()
  await shop.ended(placed)
  expect(await shop.read(services.orchestrator, `/operations/sagas/${placed.saga_id}`)).toMatchObject({
    status: 'completed',
  })
})
