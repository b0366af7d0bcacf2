import { describe, expect, inject, test } from 'vitest'
import { scenarios } from './scenarios.ts'
import { serversShop, togetherShop } from './servers-shop.ts'
import { Shop } from './shop.ts'

describe('the shop on PostgreSQL and RabbitMQ, a process for each service', () => {
  scenarios(() => serversShop(inject('postgresUrl'), inject('amqpUrl')), 120_000)
})

test('all services in one process, on one database that they share', async () => {
  const shop = new Shop(await togetherShop(inject('postgresUrl'), inject('amqpUrl')))
  const placed = await shop.place()
  expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
  expect(await shop.keysHeard(placed, 10)).toHaveLength(10)
  await shop.running.stop()
})
