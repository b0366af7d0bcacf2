import pg from 'pg'
import { ServiceProcesses } from '../../runner/test/service-processes.ts'
import { amqpStranger } from '../../runner/test/stranger.ts'
import { serverVariables } from '../../runner/test/variables.ts'
import { topicOrchestration } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import type { RunningShop } from './shop.ts'

const system = topicOrchestration({ orderServiceUrl: undefined, requestsPerMinuteMax: 1 })

/** A process for each service, as in production; the servers are named as the documentation has it. */
export async function serversShop(postgresUrl: string, amqpUrl: string): Promise<RunningShop> {
  // Other systems call their databases so too.
  const databaseOf = (service: string) => `topic_${service}`
  const urlOf = (service: string) => String(new URL(`/${databaseOf(service)}`, postgresUrl))
  const processes = await ServiceProcesses.of(system, service => ({
    ...serverVariables(postgresUrl, amqpUrl),
    ...(service === services.orchestrator ? { DATABASE_URL: urlOf(service) } : { DB_NAME: databaseOf(service) }),
    ORDER_SERVICE_URL: processes.urlOf(services.order),
  }))
  await processes.startEach(Object.values(services))
  return runningShop(processes, amqpUrl, urlOf)
}

/** All services in one process, with one database among them. */
export async function togetherShop(postgresUrl: string, amqpUrl: string): Promise<RunningShop> {
  const name = 'topic_together'
  const processes = await ServiceProcesses.of(system, () => ({
    ...serverVariables(postgresUrl, amqpUrl),
    DB_NAME: name,
  }))
  await processes.startTogether()
  return runningShop(processes, amqpUrl, () => String(new URL(`/${name}`, postgresUrl)))
}

async function runningShop(
  processes: ServiceProcesses,
  amqpUrl: string,
  databaseUrlOf: (service: string) => string,
): Promise<RunningShop> {
  const stranger = await amqpStranger(amqpUrl, documentedWire.topology.exchange)
  return {
    ...stranger,
    urlOf: service => processes.urlOf(service),
    start: service => processes.start(service),
    end: service => processes.end(service, 'SIGKILL'),
    sql: async (service, statement, values) => {
      const client = new pg.Client({ connectionString: databaseUrlOf(service) })
      await client.connect()
      await client.query(statement, values)
      await client.end()
    },
    stop: async () => {
      await processes.stop()
      await stranger.close()
    },
  }
}
