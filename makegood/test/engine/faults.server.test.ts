import { inject } from 'vitest'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { faultScenarios } from './fault-scenarios.ts'
import { postgresPlace } from './postgres-place.ts'

faultScenarios('a shop on PostgreSQL, in one process', () => postgresPlace(inject('postgresUrl'), embedded()))
faultScenarios('a shop on PostgreSQL and RabbitMQ', () =>
  postgresPlace(inject('postgresUrl'), rabbitmq({ url: inject('amqpUrl') })),
)
