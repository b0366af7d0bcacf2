import type { TestProject } from 'vitest/node'
import { startMariadb } from './mariadb.ts'
import { onDemand } from './on-demand.ts'
import { startPostgres } from './postgres.ts'
import { startRabbitmq } from './rabbitmq.ts'

/**
 * One PostgreSQL, one RabbitMQ and, for those that ask, one MariaDB for all files of the project `servers`, which find
 * them with `inject`.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const starting = await Promise.allSettled([startPostgres({ fsync: false }), startRabbitmq()])
  const mariadb = await onDemand(startMariadb)
  const stopAll = async () => {
    await mariadb.stop()
    await Promise.all(starting.map(server => (server.status === 'fulfilled' ? server.value.stop() : undefined)))
  }
  const [postgres, rabbitmq] = starting
  if (postgres.status === 'rejected' || rabbitmq.status === 'rejected') {
    await stopAll()
    throw postgres.status === 'rejected' ? postgres.reason : (rabbitmq as PromiseRejectedResult).reason
  }
  project.provide('postgresUrl', postgres.value.url)
  project.provide('amqpUrl', rabbitmq.value.url)
  project.provide('mysqlDoor', mariadb.door)
  return stopAll
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of a server that all files share: make a database or a schema of your own. */
    postgresUrl: string
    /** Of a broker that all files share: give exchanges and queues names of your own. */
    amqpUrl: string
    /** For `askAt`, which starts a MariaDB that all files share: make a database of your own. */
    mysqlDoor: number
  }
}
