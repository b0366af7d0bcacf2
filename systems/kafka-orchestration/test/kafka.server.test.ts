import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { provideKafka } from '../../../scripts/servers/kafka.ts'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { scenarios } from './scenarios.ts'
import { serversShop, togetherShop } from './servers-shop.ts'
import { type RunningShop, Shop } from './shop.ts'

const isThere = await provideKafka()

describe.skipIf(!isThere)('the shop on MariaDB, PostgreSQL and Kafka, a process for each service', () => {
  const start = async () =>
    serversShop({ postgresUrl: inject('postgresUrl'), mysqlUrl: await askAt(inject('mysqlDoor')) })
  scenarios(start, 240_000)
})

describe.skipIf(!isThere)('the shop on PostgreSQL and Kafka in one process', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = new Shop((await togetherShop(inject('postgresUrl'))) as RunningShop)
  }, 240_000)
  afterAll(() => shop?.running.stop())

  test('completes what can be paid, and puts back the piece of what cannot', async () => {
    const placed = await Promise.all([1, 2, 3].map(() => shop.place({ userID: 1, productID: 3 })))
    const ended = await Promise.all(placed.map(order => shop.ended(order)))
    expect(ended.map(({ status }) => status).sort()).toEqual(['ORDER_CANCELLED', 'ORDER_COMPLETED', 'ORDER_COMPLETED'])
    expect(await shop.stock(3)).toBe(1)
    expect(await shop.balance(1)).toBe(0)
  })
})
