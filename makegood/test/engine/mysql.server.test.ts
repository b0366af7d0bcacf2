import { inject } from 'vitest'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { mysqlPlace } from './mysql-place.ts'
import { shopScenarios } from './shop-scenarios.ts'

const server = () => askAt(inject('mysqlDoor'))

shopScenarios('a shop on MySQL, in one process', async () => mysqlPlace(await server(), embedded()))
shopScenarios('a shop on MySQL and RabbitMQ', async () =>
  mysqlPlace(await server(), rabbitmq({ url: inject('amqpUrl') })),
)
