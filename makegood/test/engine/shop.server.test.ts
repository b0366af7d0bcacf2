import { inject } from 'vitest'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { postgresPlace } from './postgres-place.ts'
import { shopScenarios } from './shop-scenarios.ts'

shopScenarios('a shop on PostgreSQL, in one process', () => postgresPlace(inject('postgresUrl'), embedded()))
shopScenarios('a shop on PostgreSQL and RabbitMQ', () =>
  postgresPlace(inject('postgresUrl'), rabbitmq({ url: inject('amqpUrl') })),
)
