import pg from 'pg'
import { afterAll, beforeAll, describe, inject } from 'vitest'
import { type KafkaServer, provideKafka, startKafka } from '../../../scripts/servers/kafka.ts'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { kafka } from '../../src/adapters/kafka/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { postgresTransport } from '../../src/adapters/postgres-transport/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import type { Transport } from '../../src/makegood.ts'
import { ownDatabase } from '../own-database.ts'
import { type Ground, orderPerKey, orderTables } from './order-per-key.ts'

const isThere = await provideKafka()

describe('order per key (rule 23)', () => {
  describe('PostgreSQL and RabbitMQ', () => orderPerKey(() => ground(() => rabbitmq({ url: inject('amqpUrl') }))))
  describe('PostgreSQL, with its queues there too', () => {
    const pool = new pg.Pool({ connectionString: inject('postgresUrl'), pipeline: true, max: 40 } as pg.PoolConfig)
    afterAll(() => pool.end())
    orderPerKey(() => ground(() => postgresTransport({ pool })))
  })
  describe.skipIf(!isThere)('PostgreSQL and Kafka', () => {
    let broker: KafkaServer
    beforeAll(async () => {
      broker = await startKafka()
    })
    afterAll(() => broker?.stop())
    // Of a process that has crashed nobody hears any more.
    const soon = { partitions: 2, heartbeatMs: 100, sessionMs: 2_000 }
    orderPerKey(() => ground(() => kafka({ brokers: broker.brokers, ...soon })))
  })
  describe('PostgreSQL, embedded', () => {
    orderPerKey(() => {
      const transport = embedded()
      return ground(() => transport)
    })
  })
})

async function ground(transport: () => Transport): Promise<Ground> {
  const pools = { sender: await database('sender'), reader: await database('reader') }
  return {
    transport,
    store: service => postgres({ pool: pools[service] }),
    sql: async (service, text, values) => (await pools[service].query(text, values)).rows,
    close: async () => {
      for (const pool of Object.values(pools)) await pool.end()
    },
  }
}

async function database(name: 'sender' | 'reader'): Promise<pg.Pool> {
  const { url } = await ownDatabase(inject('postgresUrl'), `order_${name}`)
  const pool = new pg.Pool({ connectionString: url, pipeline: true, max: 20 } as pg.PoolConfig)
  await pool.query(orderTables[name])
  return pool
}
