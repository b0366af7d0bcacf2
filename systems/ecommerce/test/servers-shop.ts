import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePortOffset } from '../../runner/free-ports.ts'
import type { Switches } from '../environment.ts'
import { services } from '../wire.ts'
import { obliging } from './embedded-shop.ts'
import type { RunningShop } from './shop.ts'

export const documentedPorts: { readonly [service: string]: number } = {
  [services.orders]: 8001,
  [services.payments]: 8002,
  [services.inventory]: 8003,
  [services.shipping]: 8004,
  [services.notifications]: 8005,
  [services.orchestrator]: 8006,
}

/** A process for each service, as in production; the servers are named as the documentation has it. */
export async function serversShop(
  postgresUrl: string,
  amqpUrl: string,
  names: readonly string[] = Object.keys(documentedPorts),
): Promise<ServersShop> {
  const offset = await freePortOffset(Object.values(documentedPorts))
  const urlOf = (service: string) => `http://localhost:${documentedPorts[service]! + offset}`
  const where = {
    ...serverVariables(postgresUrl, amqpUrl),
    HOST: '127.0.0.1',
    ORCHESTRATOR_URL: urlOf(services.orchestrator),
  }
  const running = new Map<string, Process>()

  const start = async (service: string, variables: Variables) => {
    running.set(service, await startProcess(service, offset, { ...where, ...variables }))
  }
  const starting = await Promise.allSettled(names.map(service => start(service, variablesOf(service, obliging))))
  const stop = async () => void (await Promise.all([...running.values()].map(process => process.end('SIGTERM'))))
  const failed = starting.find(each => each.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return {
    urlOf,
    stop,
    // Failure rates are variables of the environment: a service that has new ones is started anew.
    turn: async switches => {
      const turned = [services.payments, services.shipping, services.notifications].map(async service => {
        const wanted = variablesOf(service, { ...obliging, ...switches })
        const current = running.get(service)!
        if (Object.entries(wanted).every(([name, value]) => current.variables[name] === value)) return
        await current.end('SIGTERM')
        await start(service, wanted)
      })
      await Promise.all(turned)
    },
    kill: async service => {
      const { variables, end } = running.get(service)!
      await end('SIGKILL')
      await start(service, variables)
    },
  }
}

export interface ServersShop extends RunningShop {
  /** Ends a service's process without a word, and starts another. */
  kill(service: string): Promise<void>
}

export type Variables = { readonly [name: string]: string }

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

export function serverVariables(postgresUrl: string, amqpUrl: string): Variables {
  const [postgres, broker] = [new URL(postgresUrl), new URL(amqpUrl)]
  return {
    DB_HOST: postgres.hostname,
    DB_PORT: postgres.port,
    DB_USER: decodeURIComponent(postgres.username),
    DB_PASSWORD: decodeURIComponent(postgres.password),
    RABBITMQ_HOST: broker.hostname,
    RABBITMQ_PORT: broker.port,
    RABBITMQ_USERNAME: decodeURIComponent(broker.username),
    RABBITMQ_PASSWORD: decodeURIComponent(broker.password),
    RABBITMQ_VHOST: decodeURIComponent(broker.pathname.slice(1)) || '/',
  }
}

interface Process {
  readonly variables: Variables
  end(signal: NodeJS.Signals): Promise<void>
}

/** Resolves when the service says that it is ready. */
async function startProcess(service: string, offset: number, variables: Variables): Promise<Process> {
  const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
  const args = ['ecommerce', '--servers', '--service', service, '--port-offset', String(offset)]
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', main, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = new Promise<number | NodeJS.Signals>(resolve =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1)),
  )
  await ready(service, child)
  return {
    variables,
    end: async signal => {
      child.kill(signal)
      const code = await exited
      if (signal === 'SIGTERM' && code !== 0)
        throw new Error(`${service} ended with ${code} when it was asked to stop.`)
    },
  }
}

function ready(service: string, child: ChildProcess): Promise<void> {
  let said = ''
  return new Promise((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-10_000)
      if (said.includes('is ready')) resolve()
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', code => reject(new Error(`${service} ended with ${code} before it was ready:\n${said}`)))
  })
}
