import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { scenarios } from './scenarios.ts'
import { serversShop, togetherShop } from './servers-shop.ts'
import { orderOf, type RunningShop, Shop } from './shop.ts'

describe('the shop on PostgreSQL and RabbitMQ, a process for each service', () => {
  scenarios(() => serversShop(inject('postgresUrl'), inject('amqpUrl')), 120_000)
})

describe('three processes, each with all services', () => {
  let shops: Shop[]
  beforeAll(async () => {
    const open = () => togetherShop(inject('postgresUrl'), inject('amqpUrl'))
    shops = (await Promise.all([open(), open(), open()])).map(running => new Shop(running as RunningShop))
  }, 120_000)
  afterAll(() => Promise.all((shops ?? []).map(shop => shop.running.stop())))

  test('never sell more than there is, however many ask at once, and charge only for what they sell', async () => {
    const shop = shops[0]!
    const before = await shop.product(3)
    const free = before.stock - before.reserved_stock
    const sold = Math.floor(free / 5)
    const order = orderOf({ product: 3, quantity: 5, price: 79.99 })
    const placed = await Promise.all(
      Array.from({ length: sold + 12 }, (_, at) => shops[at % shops.length]!.place(order)),
    )
    const ended = await Promise.all(placed.map(order => shop.ended(order)))
    expect(ended.filter(({ status }) => status === 'completed')).toHaveLength(sold)
    expect(ended.filter(({ failure_reason }) => failure_reason === 'Insufficient stock')).toHaveLength(12)
    expect((await shop.product(3)).reserved_stock).toBe(before.reserved_stock + sold * 5)
    for (const { id, status, total_amount } of ended)
      expect(await shop.netCharge(id)).toBeCloseTo(status === 'completed' ? total_amount : 0)
  })
})
