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
    shop = new Shop((await togetherShop(inject('postgresUrl'), inject('amqpUrl'))) as RunningShop)
  }, 120_000)
  afterAll(() => shop?.running.stop())

  test('confirms an order and makes good one that is denied', async () => {
    expect(await shop.ended(await shop.place())).toBe('payment_confirmed')
    expect(await shop.ended(await shop.place({ amount: 1_500, quantity: 2 }))).toBe('payment_denied')
    expect(await shop.stockOf('1')).toBe(9)
  })

  test('and in two of them never oversells: ten of twenty orders get the ten that there are', async () => {
    const other = new Shop((await togetherShop(inject('postgresUrl'), inject('amqpUrl'))) as RunningShop)
    onTestFinished(() => other.running.stop())
    const placed = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? shop : other).place({ product_id: '2' })),
    )
    const ended = await Promise.all(placed.map(order => shop.ended(order)))
    expect(ended.filter(status => status === 'payment_confirmed')).toHaveLength(10)
    expect(ended.filter(status => status === 'not_reserved')).toHaveLength(10)
    expect(await shop.stockOf('2')).toBe(0)
    for (const { order_id } of placed) expect(await shop.reservationsOf(order_id)).toHaveLength(1)
  })
})
