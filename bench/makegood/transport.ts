import { postgresTransport } from 'makegood/postgres-transport'
import { rabbitmq } from 'makegood/rabbitmq'
import pg from 'pg'
import type { Environment } from '../set-up.ts'

/** Without a broker the queues are in the database of the orders. */
export function transportOf({ setUp, amqpUrl, databases }: Environment) {
  const { packed = false, queueType = 'classic' } = setUp
  if (amqpUrl !== undefined) return rabbitmq({ url: amqpUrl, packed, queueType })
  const options = { connectionString: databases!.orders, pipeline: true, allowExitOnIdle: true }
  return postgresTransport({ pool: new pg.Pool(options as pg.PoolConfig) })
}
