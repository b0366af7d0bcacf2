import { describe, inject } from 'vitest'
import { scenarios } from './scenarios.ts'
import { serversShop } from './servers-shop.ts'

describe('the shop on PostgreSQL and RabbitMQ, a process for each service', () => {
  scenarios(() => serversShop(inject('postgresUrl'), inject('amqpUrl')), 120_000)
})
