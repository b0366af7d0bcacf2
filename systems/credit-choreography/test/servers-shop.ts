import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import amqplib from 'amqplib'
import pg from 'pg'
import { freePortOffset } from '../../runner/free-ports.ts'
import { services } from '../wire.ts'
import { enterCustomer } from './embedded-shop.ts'
import type { DeadLetter, Heard, RunningShop } from './shop.ts'

const documentedPorts: { readonly [service: string]: number } = { [services.orders]: 8001, [services.customers]: 8002 }

/** A process for each service, as in production; the servers are named as the documentation has it. */
export async function serversShop(postgresUrl: string, amqpUrl: string): Promise<RunningShop> {
  const offset = await freePortOffset(Object.values(documentedPorts))
  // Other systems call their databases so too.
  const databaseOf = (service: string) => String(new URL(`/credit_${service.replace('-', '_')}`, postgresUrl))
  const running = new Map<string, Running>()
  const start = async (service: string) => {
    const variables = { DATABASE_URL: databaseOf(service), RABBITMQ_BROKER_URL: amqpUrl, HOST: '127.0.0.1' }
    running.set(service, await startProcess(service, offset, variables))
  }
  const stranger = await strangerAt(amqpUrl)
  await Promise.all(Object.keys(documentedPorts).map(start))
  const customers = new pg.Client({ connectionString: databaseOf(services.customers) })
  await customers.connect()
  return {
    urlOf: service => `http://localhost:${documentedPorts[service]! + offset}`,
    enterCustomer: async balanceCents => {
      const { rows } = await customers.query<{ id: number }>(enterCustomer, [balanceCents])
      return rows[0]!.id
    },
    end: service => running.get(service)!.end('SIGKILL'),
    start,
    send: (routingKey, body) => stranger.send(routingKey, body),
    heard: stranger.heard,
    deadLetters: queue => stranger.deadLetters(`${queue}.dead-letter`),
    stop: async () => {
      await Promise.all([...running.values()].map(({ end }) => end('SIGTERM')))
      await Promise.all([customers.end(), stranger.close()])
    },
  }
}

interface Running {
  end(signal: NodeJS.Signals): Promise<void>
}

/** Resolves when the service says that it is ready. */
async function startProcess(service: string, offset: number, variables: Record<string, string>): Promise<Running> {
  const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
  const args = ['credit-choreography', '--servers', '--service', service, '--port-offset', String(offset)]
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', main, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = new Promise<number | NodeJS.Signals>(resolve =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1)),
  )
  await ready(service, child)
  return {
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

/** Somebody who listens to everything, with a queue of his own, and may say something: by the documentation alone. */
async function strangerAt(amqpUrl: string) {
  const broker = await amqplib.connect(amqpUrl)
  const channel = await broker.createConfirmChannel()
  await channel.assertExchange('EVENT', 'topic', { durable: true })
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, 'EVENT', '#')
  const heard: Heard[] = []
  const hear = (message: amqplib.ConsumeMessage | null) => {
    if (message) heard.push({ key: message.fields.routingKey, body: message.content.toString() })
  }
  await channel.consume(queue, hear, { noAck: true })
  const letters = new Map<string, DeadLetter[]>()
  return {
    heard,
    send: async (routingKey: string, body: string) => {
      channel.publish('EVENT', routingKey, Buffer.from(body), { contentType: 'application/json' })
      await channel.waitForConfirms()
    },
    deadLetters: async (queue: string) => {
      const known = letters.get(queue) ?? []
      letters.set(queue, known)
      for (;;) {
        const letter = await channel.get(queue, { noAck: true })
        if (letter === false) return known
        const reason = String(letter.properties.headers?.['makegood-dead-letter-reason'])
        known.push({ body: letter.content.toString(), reason })
      }
    },
    close: () => broker.close(),
  }
}
