import type { Transport } from 'makegood'
import { kafka } from 'makegood/kafka'
import { postgresTransport } from 'makegood/postgres-transport'
import { rabbitmq } from 'makegood/rabbitmq'
import pg from 'pg'
import type { Environment } from '../set-up.ts'

/** Without a broker the queues are in the database of the orders. */
export function transportOf({ setUp, brokerAddress, databases }: Environment): Transport {
  const { packed = false, queueType = 'classic' } = setUp
  switch (setUp.broker) {
    case 'rabbitmq':
      return rabbitmq({ url: brokerAddress!, packed, queueType })
    case 'kafka':
      return kafka({ brokers: [brokerAddress!] })
    case 'none': {
      const options = { connectionString: databases!.orders, pipeline: true, allowExitOnIdle: true }
      return postgresTransport({ pool: new pg.Pool(options as pg.PoolConfig) })
    }
  }
}
