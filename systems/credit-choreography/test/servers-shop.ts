import pg from 'pg'
import { operator } from '../../runner/test/operator.ts'
import { ServiceProcesses } from '../../runner/test/service-processes.ts'
import { amqpStranger } from '../../runner/test/stranger.ts'
import { tracker } from '../../runner/tracker-service.ts'
import { creditChoreography } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import { enterCustomer } from './embedded-shop.ts'
import type { RunningShop } from './shop.ts'

/** A process for each service, as in production; the servers are named as the documentation has it. */
export async function serversShop(
  postgresUrl: string,
  amqpUrl: string,
  names: readonly string[] = [services.orders, services.customers, tracker],
): Promise<RunningShop> {
  // Other systems call their databases so too.
  const databaseOf = (service: string) => String(new URL(`/credit_${service.replace('-', '_')}`, postgresUrl))
  const processes = await ServiceProcesses.of(creditChoreography({ requestsPerMinuteMax: 1 }), service => ({
    DATABASE_URL: databaseOf(service),
    ...operator.variables,
    RABBITMQ_BROKER_URL: amqpUrl,
  }))
  const stranger = await amqpStranger(amqpUrl, documentedWire.topology.exchange)
  await processes.startEach(names)
  const customers = new pg.Client({ connectionString: databaseOf(services.customers) })
  await customers.connect()
  return {
    ...stranger,
    urlOf: service => processes.urlOf(service),
    start: service => processes.start(service),
    end: service => processes.end(service, 'SIGKILL'),
    enterCustomer: async balanceCents => {
      const { rows } = await customers.query<{ id: number }>(enterCustomer, [balanceCents])
      return rows[0]!.id
    },
    stop: async () => {
      await processes.stop()
      await Promise.all([customers.end(), stranger.close()])
    },
  }
}
