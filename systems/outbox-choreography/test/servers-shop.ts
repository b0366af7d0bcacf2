import type { RunningServices } from '../../runner/test/http-shop.ts'
import { operator } from '../../runner/test/operator.ts'
import { ServiceProcesses } from '../../runner/test/service-processes.ts'
import { amqpStranger } from '../../runner/test/stranger.ts'
import { brokerVariables, serverVariables } from '../../runner/test/variables.ts'
import { outboxChoreography } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import type { RunningShop } from './shop.ts'

const system = outboxChoreography({ paymentLimitCents: 100_000n })

/** Outside the embedded run the default is refused. */
export const adminPassword = 'a password of the tests'

/** What operators and admins see is looked at too. */
const open = { ...operator.variables, ADMIN_PASSWORD: adminPassword }

/** A process for each service, as in production; each can be ended and started alone. */
export async function serversShop(
  postgresUrl: string,
  amqpUrl: string,
  names: readonly string[] = Object.values(services),
): Promise<RunningShop> {
  // Databases that no other run has seen.
  const run = Date.now()
  const processes = await ServiceProcesses.of(system, service => ({
    ...open,
    ...brokerVariables(amqpUrl),
    DATABASE_URL: String(new URL(`/outbox_${service}_${run}`, postgresUrl)),
  }))
  const stranger = await amqpStranger(amqpUrl, documentedWire.topology.exchange)
  await processes.startEach(names)
  return {
    ...stranger,
    urlOf: service => processes.urlOf(service),
    start: service => processes.start(service),
    end: service => processes.end(service),
    stop: async () => {
      await processes.stop()
      await stranger.close()
    },
  }
}

/** All services in one process, each with the database that is its own by default. */
export async function togetherShop(postgresUrl: string, amqpUrl: string): Promise<RunningServices> {
  const processes = await ServiceProcesses.of(system, () => ({ ...open, ...serverVariables(postgresUrl, amqpUrl) }))
  await processes.startTogether()
  return processes
}
