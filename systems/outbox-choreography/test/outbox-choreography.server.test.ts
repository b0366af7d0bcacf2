import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { scenarios } from './scenarios.ts'
import { serversShop, togetherShop } from './servers-shop.ts'
import { type RunningShop, Shop } from './shop.ts'

describe('the shop on PostgreSQL and RabbitMQ, a process for each service', () => {
  scenarios(names => serversShop(inject('postgresUrl'), inject('amqpUrl'), names), 120_000)
})

describe('the shop on the servers in one process', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await opened()
  }, 120_000)
  afterAll(() => shop?.running.stop())

  test('confirms an order and makes good one that is denied', async () => {
    expect(await shop.ended(await shop.place())).toBe('payment_confirmed')
    expect(await shop.ended(await shop.place({ amount: 1_500, quantity: 2 }))).toBe('payment_denied')
    expect(await shop.stockOf('1')).toBe(9)
  })

  test('and in three of them never oversells: ten of thirty orders get the ten that there are', async () => {
    const shops = [shop, await another(), await another()]
    const placed = await Promise.all(
      Array.from({ length: 30 }, (_, at) => shops[at % shops.length]!.place({ product_id: '2' })),
    )
    const ended = await Promise.all(placed.map(order => shop.ended(order)))
    expect(ended.filter(status => status === 'payment_confirmed')).toHaveLength(10)
    expect(ended.filter(status => status === 'not_reserved')).toHaveLength(20)
    expect(await shop.stockOf('2')).toBe(0)
    for (const { order_id } of placed) expect(await shop.reservationsOf(order_id)).toHaveLength(1)
  })

  async function another(): Promise<Shop> {
    const other = await opened()
    onTestFinished(() => other.running.stop())
    return other
  }

  async function opened(): Promise<Shop> {
    return new Shop((await togetherShop(inject('postgresUrl'), inject('amqpUrl'))) as RunningShop)
  }
})
