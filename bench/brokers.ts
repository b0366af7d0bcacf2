import { setTimeout as pause } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import { kafkaVersion, startOwnKafka } from '../scripts/servers/kafka.ts'
import { startRabbitmq as startServer } from '../scripts/servers/rabbitmq.ts'
import { listenerOn } from './measure/processes.ts'

/** A broker that is empty for each set-up. */
export interface Broker {
  readonly pid: number
  /** With its name. */
  readonly version: string
  /** Resolves with the address of a part of it where nothing is. */
  make(name: string): Promise<string>
  drop(name: string): Promise<void>
  stop(): Promise<void>
}

export async function startRabbitmq(): Promise<Broker> {
  const { user, password, host, port, ctl, stop } = await startServer()
  return {
    pid: listenerOn(port),
    version: `RabbitMQ ${(await ctl('version')).trim()}`,
    make: async name => {
      await ctl('add_vhost', name)
      await ctl('set_permissions', '-p', name, user, '.*', '.*', '.*')
      return `amqp://${user}:${password}@${host}:${port}/${name}`
    },
    drop: async name => void (await ctl('delete_vhost', name)),
    stop,
  }
}

/** It has no parts: set-ups take turns, and all topics go with each. */
export async function startKafka(): Promise<Broker> {
  const { brokers, port, stop } = await startOwnKafka()
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [...brokers] })
  return {
    pid: listenerOn(port),
    version: `Kafka ${kafkaVersion}`,
    make: async () => brokers[0]!,
    drop: async () => {
      const topics = await admin.listTopics()
      if (topics.length > 0) await admin.deleteTopics({ topics })
      while ((await admin.listTopics()).length > 0) await pause(50)
    },
    stop: async () => {
      await admin.close()
      await stop()
    },
  }
}
