import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import amqplib from 'amqplib'
import { freePortOffset } from '../../runner/free-ports.ts'
import { services } from '../wire.ts'
import type { DeadLetter, Heard, RunningShop } from './shop.ts'

const documentedPorts: { readonly [service: string]: number } = {
  [services.order]: 8000,
  [services.stock]: 8001,
  [services.payment]: 8002,
}

/** A process for each service, as in production; each can be stopped and started alone. */
export async function serversShop(
  postgresUrl: string,
  amqpUrl: string,
  names: readonly string[] = Object.values(services),
): Promise<RunningShop> {
  const offset = await freePortOffset(Object.values(documentedPorts))
  const running = new Map<string, Process>()
  // Databases that no other run has seen.
  const run = Date.now()
  const begin = async (service: string) => {
    const database = new URL(`/outbox_${service}_${run}`, postgresUrl)
    running.set(
      service,
      await startProcess([service], offset, { ...brokerVariables(amqpUrl), DATABASE_URL: database.href }),
    )
  }

  const broker = await amqplib.connect(amqpUrl)
  const channel = await broker.createChannel()
  const heard: Heard[] = []
  await channel.assertExchange('saga', 'topic', { durable: true })
  const { queue: everything } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(everything, 'saga', '#')
  await channel.consume(
    everything,
    message => {
      if (message === null) return
      const { fields, properties, content } = message
      heard.push({ routingKey: fields.routingKey, headers: { ...properties.headers }, body: content.toString() })
    },
    { noAck: true },
  )

  const letters = new Map<string, DeadLetter[]>()
  const stop = async () => {
    await Promise.all([...running.values()].map(process => process.end()))
    await broker.close()
  }
  const starting = await Promise.allSettled(names.map(begin))
  const failed = starting.find(each => each.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return {
    urlOf: service => `http://localhost:${documentedPorts[service]! + offset}`,
    begin,
    end: async service => {
      await running.get(service)?.end()
      running.delete(service)
    },
    send: async (routingKey, body, headers = {}) => {
      channel.publish('saga', routingKey, Buffer.from(body), { headers })
    },
    heard,
    deadLetters: async queue => {
      const kept = letters.get(queue) ?? []
      letters.set(queue, kept)
      for (;;) {
        const letter = await channel.get(queue, { noAck: true })
        if (letter === false) return kept
        const reason = String(letter.properties.headers?.['makegood-dead-letter-reason'])
        kept.push({ body: letter.content.toString(), reason })
      }
    },
    stop,
  }
}

/** All services in one process, each with the database that is its own by default. */
export async function togetherShop(postgresUrl: string, amqpUrl: string): Promise<Pick<RunningShop, 'urlOf' | 'stop'>> {
  const offset = await freePortOffset(Object.values(documentedPorts))
  const { hostname, port, username, password } = new URL(postgresUrl)
  const process = await startProcess([], offset, {
    ...brokerVariables(amqpUrl),
    DB_HOST: hostname,
    DB_PORT: port,
    DB_USER: decodeURIComponent(username),
    DB_PASSWORD: decodeURIComponent(password),
  })
  return { urlOf: service => `http://localhost:${documentedPorts[service]! + offset}`, stop: () => process.end() }
}

function brokerVariables(amqpUrl: string): Variables {
  const { hostname, port, username, password, pathname } = new URL(amqpUrl)
  return {
    RABBITMQ_HOST: hostname,
    RABBITMQ_PORT: port,
    RABBITMQ_USERNAME: decodeURIComponent(username),
    RABBITMQ_PASSWORD: decodeURIComponent(password),
    RABBITMQ_VHOST: decodeURIComponent(pathname.slice(1)) || '/',
  }
}

type Variables = { readonly [name: string]: string }

interface Process {
  /** Asks it to stop, and waits until it has. */
  end(): Promise<void>
}

/** Outside the embedded run the default is refused. */
export const adminPassword = 'a password of the tests'

/** Resolves when the service says that it is ready. */
async function startProcess(services: readonly string[], offset: number, variables: Variables): Promise<Process> {
  const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
  const named = services.flatMap(service => ['--service', service])
  const args = ['outbox-choreography', '--servers', ...named, '--port-offset', String(offset)]
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', main, ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      HOST: '127.0.0.1',
      OPERATIONS: 'on',
      ADMIN_PASSWORD: adminPassword,
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = new Promise<number | NodeJS.Signals>(resolve =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1)),
  )
  await ready(child)
  return {
    end: async () => {
      child.kill('SIGTERM')
      const code = await exited
      if (code !== 0) throw new Error(`${services} ended with ${code} when it was asked to stop.`)
    },
  }
}

function ready(child: ChildProcess): Promise<void> {
  let said = ''
  return new Promise((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-10_000)
      if (said.includes('is ready')) resolve()
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', code => reject(new Error(`It ended with ${code} before it was ready:\n${said}`)))
  })
}
