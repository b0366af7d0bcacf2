import type { RunningServices } from '../../runner/test/http-shop.ts'
import { ServiceProcesses } from '../../runner/test/service-processes.ts'
import type { Variables } from '../../runner/test/started.ts'
import { serverVariables } from '../../runner/test/variables.ts'
import type { Switches } from '../environment.ts'
import { ecommerce } from '../system.ts'
import { services } from '../wire.ts'
import { obliging, settingsOfTests } from './embedded-shop.ts'
import type { RunningShop } from './shop.ts'

/** A process for each service, as in production; the servers are named as the documentation has it. */
export async function serversShop(
  postgresUrl: string,
  amqpUrl: string,
  names: readonly string[] = Object.values(services),
): Promise<ServersShop> {
  const switches = new Map(names.map(service => [service, variablesOf(service, obliging)]))
  const servers = serverVariables(postgresUrl, amqpUrl)
  const processes: ServiceProcesses = await ServiceProcesses.of(ecommerce(settingsOfTests()), service => ({
    ...servers,
    ...switches.get(service),
    ORCHESTRATOR_URL: processes.urlOf(services.orchestrator),
  }))
  await processes.startEach(names)
  return {
    urlOf: service => processes.urlOf(service),
    stop: () => processes.stop(),
    // Failure rates are variables of the environment: a service that has new ones is started anew.
    turn: async turned => {
      const all = [services.payments, services.shipping, services.notifications].map(async service => {
        const wanted = variablesOf(service, { ...obliging, ...turned })
        if (Object.entries(wanted).every(([name, value]) => switches.get(service)?.[name] === value)) return
        switches.set(service, wanted)
        await processes.end(service)
        await processes.start(service)
      })
      await Promise.all(all)
    },
    kill: async service => {
      await processes.end(service, 'SIGKILL')
      await processes.start(service)
    },
  }
}

/** All services in one process; the providers neither refuse nor let anybody wait. */
export async function togetherShop(postgresUrl: string, amqpUrl: string): Promise<RunningServices> {
  const variables = Object.assign({}, ...Object.values(services).map(service => variablesOf(service, obliging)))
  const processes = await ServiceProcesses.of(ecommerce(settingsOfTests()), () => ({
    ...serverVariables(postgresUrl, amqpUrl),
    ...variables,
  }))
  await processes.startTogether()
  return processes
}

export interface ServersShop extends RunningShop {
  /** Ends a service's process without a word, and starts another. */
  kill(service: string): Promise<void>
}

function variablesOf(service: string, switches: Switches): Variables {
  const scale = { PROVIDER_DELAY_SCALE: String(switches.delayScale) }
  switch (service) {
    case services.payments:
      return {
        ...scale,
        PAYMENT_FAILURE_RATE: String(switches.paymentFailureRate),
        REFUND_FAILURE_RATE: String(switches.refundFailureRate),
      }
    case services.shipping:
      return { ...scale, SHIPPING_FAILURE_RATE: String(switches.shippingFailureRate) }
    case services.notifications:
      return { ...scale, NOTIFICATION_FAILURE_RATE: String(switches.notificationFailureRate) }
    default:
      return {}
  }
}
