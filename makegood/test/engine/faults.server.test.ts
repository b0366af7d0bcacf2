import pg from 'pg'
import { afterAll, beforeAll, describe, inject } from 'vitest'
import { type KafkaServer, provideKafka, startKafka } from '../../../scripts/servers/kafka.ts'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { kafka } from '../../src/adapters/kafka/index.ts'
import { postgresTransport } from '../../src/adapters/postgres-transport/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { faultScenarios } from './fault-scenarios.ts'
import { postgresPlace } from './postgres-place.ts'

const pool = new pg.Pool({ connectionString: inject('postgresUrl'), pipeline: true, max: 20 } as pg.PoolConfig)
const queues = postgresTransport({ pool })
afterAll(() => pool.end())

faultScenarios('a shop on PostgreSQL, in one process', () => postgresPlace(inject('postgresUrl'), embedded()))
faultScenarios('a shop on PostgreSQL and RabbitMQ', () =>
  postgresPlace(inject('postgresUrl'), rabbitmq({ url: inject('amqpUrl') })),
)
faultScenarios('a shop on PostgreSQL, with its queues there too', () => postgresPlace(inject('postgresUrl'), queues))

describe.skipIf(!(await provideKafka()))('on Kafka', () => {
  let broker: KafkaServer
  beforeAll(async () => {
    broker = await startKafka()
  })
  afterAll(() => broker?.stop())
  faultScenarios('a shop on PostgreSQL and Kafka', () =>
    postgresPlace(inject('postgresUrl'), kafka({ brokers: broker.brokers, partitions: 2, heartbeatMs: 100 })),
  )
})
