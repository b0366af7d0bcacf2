import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres.ts'
import { startRabbitmq } from './rabbitmq.ts'

/** One PostgreSQL and one RabbitMQ for all files of the project `servers`; they ask for them with `inject`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const starting = await Promise.allSettled([startPostgres({ fsync: false }), startRabbitmq()])
  const stopAll = async () => {
    await Promise.all(starting.map(server => (server.status === 'fulfilled' ? server.value.stop() : undefined)))
  }
  const [postgres, rabbitmq] = starting
  if (postgres.status === 'rejected' || rabbitmq.status === 'rejected') {
    await stopAll()
    throw postgres.status === 'rejected' ? postgres.reason : (rabbitmq as PromiseRejectedResult).reason
  }
  project.provide('postgresUrl', postgres.value.url)
  project.provide('amqpUrl', rabbitmq.value.url)
  return stopAll
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of a server that all files share: make a database or a schema of your own. */
    postgresUrl: string
    /** Of a broker that all files share: give exchanges and queues names of your own. */
    amqpUrl: string
  }
}
