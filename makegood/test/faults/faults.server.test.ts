import pg from 'pg'
import { afterAll, beforeAll, describe, inject } from 'vitest'
import { type KafkaServer, provideKafka, startKafka } from '../../../scripts/servers/kafka.ts'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { kafka } from '../../src/adapters/kafka/index.ts'
import { postgresTransport } from '../../src/adapters/postgres-transport/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { mysqlPlace } from '../engine/mysql-place.ts'
import { postgresPlace } from '../engine/postgres-place.ts'
import { faultScenarios } from './fault-scenarios.ts'

const pool = new pg.Pool({ connectionString: inject('postgresUrl'), pipeline: true, max: 20 } as pg.PoolConfig)
const queues = postgresTransport({ pool })
afterAll(() => pool.end())

faultScenarios('a shop on PostgreSQL and RabbitMQ', () =>
  postgresPlace(inject('postgresUrl'), rabbitmq({ url: inject('amqpUrl') })),
)
faultScenarios('a shop on PostgreSQL, with its queues there too', () => postgresPlace(inject('postgresUrl'), queues))
faultScenarios('a shop on MySQL and RabbitMQ', async () =>
  mysqlPlace(await askAt(inject('mysqlDoor')), rabbitmq({ url: inject('amqpUrl') })),
)

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
