import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { services } from '../wire.ts'
import { scenarios } from './scenarios.ts'
import { serversShop } from './servers-shop.ts'
import { Shop } from './shop.ts'

describe('the shop on PostgreSQL and RabbitMQ, a process for each service', () => {
  scenarios(() => serversShop(inject('postgresUrl'), inject('amqpUrl')), 120_000)
})

describe('three processes of each service', () => {
  let shops: Shop[]
  beforeAll(async () => {
    const open = () => serversShop(inject('postgresUrl'), inject('amqpUrl'), [services.orders, services.customers])
    shops = (await Promise.all([open(), open(), open()])).map(running => new Shop(running))
  }, 120_000)
  afterAll(() => Promise.all((shops ?? []).map(shop => shop.running.stop())))

  test('never overdraw: of sixty orders at once the balance pays seven, and what is too little for one is left', async () => {
    const shop = shops[0]!
    const customer_id = await shop.running.enterCustomer(50_00)
    const placed = await Promise.all(
      Array.from({ length: 60 }, (_, at) => shops[at % shops.length]!.place({ customer_id, total_price: 7.1 })),
    )
    const ended = await Promise.all(placed.map(order => shop.ended(order)))
    expect(ended.filter(({ status }) => status === 'confirmed')).toHaveLength(7)
    expect(ended.filter(({ reason }) => reason === 'Insufficient balance')).toHaveLength(53)
    expect(await shop.balance(customer_id)).toBe(0.3)
    const payments = (await Promise.all(placed.map(order => shop.payments(order)))).flat()
    expect(payments.filter(({ status }) => status === 'completed')).toHaveLength(7)
    expect(payments).toHaveLength(60)
  })
})
