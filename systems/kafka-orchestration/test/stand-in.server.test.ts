import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { provideKafka } from '../../../scripts/servers/kafka.ts'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { StandIn } from '../../runner/test/stand-in.ts'
import { services } from '../wire.ts'
import { type ServersShop, serversShop } from './servers-shop.ts'
import { Shop } from './shop.ts'

const isThere = await provideKafka()

// The stock service is a plain script here, written by the documentation alone.

describe.skipIf(!isThere)('a stranger in the place of the stock service', () => {
  let running: ServersShop
  let shop: Shop
  let stock: StandIn
  beforeAll(async () => {
    const urls = { postgresUrl: inject('postgresUrl'), mysqlUrl: await askAt(inject('mysqlDoor')) }
    running = await serversShop(urls, [services.order, services.orchestrator, services.payment])
    shop = new Shop(running)
    stock = await StandIn.of(new URL('../strangers/stock-service.mjs', import.meta.url), {
      BROKERS: running.kafka.brokers.join(','),
      TIMES: '2',
    })
    await stock.start()
  }, 240_000)
  afterAll(async () => {
    await stock?.remove()
    await running?.stop()
  })

  test('an order is served, and each answer may come twice', async () => {
    expect(await shop.ended(await shop.place({ userID: 1, productID: 1 }))).toMatchObject({ status: 'ORDER_COMPLETED' })
    expect(await stock.books()).toMatchObject({ stock: { 1: 4 } })
  })

  test('an order that cannot be paid is put back, and only then cancelled', async () => {
    const user = await shop.enterUser(0)
    expect(await shop.ended(await shop.place({ userID: user, productID: 2 }))).toMatchObject({
      status: 'ORDER_CANCELLED',
    })
    expect(await stock.books()).toMatchObject({ stock: { 2: 5 } })
  })

  test('what the stranger does not have is not sold', async () => {
    const statuses: string[] = []
    for (let order = 0; order < 4; order += 1) {
      const user = await shop.enterUser(100)
      statuses.push((await shop.ended(await shop.place({ userID: user, productID: 3 }))).status)
    }
    expect(statuses).toEqual(['ORDER_COMPLETED', 'ORDER_COMPLETED', 'ORDER_COMPLETED', 'ORDER_CANCELLED'])
  })

  test('while the stranger is down orders wait, and go on when he is back', async () => {
    await stock.end()
    const placed = await shop.place({ userID: 2, productID: 1 })
    expect(await shop.order(placed.id)).toMatchObject({ status: 'ORDER_CREATED' })
    await stock.start()
    expect(await shop.ended(placed)).toMatchObject({ status: 'ORDER_COMPLETED' })
  }, 120_000)

  test('what came twice is no dead letter', async () => {
    expect(await running.deadLetters('product-reserved.dead-letter')).toEqual([])
    expect(await running.deadLetters('product-reservation-cancelled.dead-letter')).toEqual([])
  })
})
