import { describe, inject } from 'vitest'
import { provideKafka } from '../../../scripts/servers/kafka.ts'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { scenarios } from './scenarios.ts'
import { serversShop } from './servers-shop.ts'

const isThere = await provideKafka()

describe.skipIf(!isThere)('the shop on MariaDB, PostgreSQL and Kafka, a process for each service', () => {
  const start = async () =>
    serversShop({ postgresUrl: inject('postgresUrl'), mysqlUrl: await askAt(inject('mysqlDoor')) })
  scenarios(start, 240_000)
})
