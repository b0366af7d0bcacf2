import { type ConsumeMessage, connect } from 'amqplib'
import { type RabbitmqServer, startOwnRabbitmq } from '../../../../../scripts/servers/rabbitmq.ts'
import { type RabbitmqCluster, startRabbitmqCluster } from '../../../../../scripts/servers/rabbitmq-cluster.ts'
import { type Broker, serverOf } from './server.ts'

/** With one topic exchange for everything that is told. */
export async function rabbitmq(exchange: string): Promise<Broker> {
  const started = await startOwnRabbitmq()
  return { ...serverOf('RabbitMQ', started.url, started), ...insightInto(started, exchange) }
}

/** Three nodes; one after the other is restarted. */
export async function rabbitmqCluster(exchange: string): Promise<Broker & Pick<RabbitmqCluster, 'hosts'>> {
  const cluster = await startRabbitmqCluster()
  const { nodes, url, hosts } = cluster
  let turn = 0
  return {
    ...{ name: 'RabbitMQ', url, hosts },
    restart: async hard => {
      const node = nodes[turn % nodes.length]!
      turn += 1
      await (hard ? node.kill() : node.shutDown())
      await node.start()
      await cluster.untilWhole()
    },
    stop: () => cluster.stop(),
    ...insightInto({ url, vhost: new URL(url).pathname.slice(1), ctl: nodes[0]!.ctl }, exchange),
  }
}

type Insight = Pick<Broker, 'overhear' | 'unread' | 'messagesIn'>

function insightInto({ url, vhost, ctl }: Pick<RabbitmqServer, 'url' | 'vhost' | 'ctl'>, exchange: string): Insight {
  return {
    overhear: async (hear, enough) => {
      const connection = await connect(url)
      connection.on('error', () => {})
      const gone = new Promise<void>(resolve => {
        connection.once('close', () => resolve())
        enough.addEventListener('abort', () => resolve(), { once: true })
      })
      try {
        const channel = await connection.createChannel()
        channel.on('error', () => {})
        await channel.assertExchange(exchange, 'topic', { durable: true })
        const { queue } = await channel.assertQueue('', { exclusive: true })
        await channel.bindQueue(queue, exchange, '#')
        const tell = (message: ConsumeMessage | null) => {
          if (message === null) return
          const { fields, content, properties } = message
          hear({
            address: fields.routingKey,
            body: content.toString(),
            repeat: () => void channel.publish(exchange, fields.routingKey, content, properties as object),
          })
        }
        await channel.consume(queue, tell, { noAck: true })
        await gone
      } finally {
        await connection.close().catch(() => {})
      }
    },

    unread: async () => {
      const listed = await ctl('list_queues', '-p', vhost, '--no-table-headers', 'name', 'messages')
      const lines = listed.trim().split('\n')
      return new Map(
        lines.map(line => line.split('\t') as [string, string]).map(([name, count]) => [name, Number(count)]),
      )
    },

    // Asked of the queue itself: what the broker lists of a quorum queue is as old as five seconds.
    messagesIn: async queue => {
      const connection = await connect(url)
      try {
        const channel = await connection.createChannel()
        return (await channel.checkQueue(queue)).messageCount
      } finally {
        await connection.close()
      }
    },
  }
}
