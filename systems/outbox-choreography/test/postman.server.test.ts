import { describe, inject } from 'vitest'
import { postmanScenarios } from './postman-scenarios.ts'
import { serversShop } from './servers-shop.ts'

describe('on PostgreSQL and RabbitMQ, a process for each service and the gateway', () => {
  postmanScenarios(names => serversShop(inject('postgresUrl'), inject('amqpUrl'), names))
})
