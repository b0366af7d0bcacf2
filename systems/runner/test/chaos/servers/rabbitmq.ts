import { type ConsumeMessage, connect } from 'amqplib'
import { startOwnRabbitmq } from '../../../../../scripts/servers/rabbitmq.ts'
import { type Broker, serverOf } from './server.ts'

/** With one topic exchange for everything that is told. */
export async function rabbitmq(exchange: string): Promise<Broker> {
  const started = await startOwnRabbitmq()
  const { url, vhost } = started
  return {
    ...serverOf('RabbitMQ', url, started),

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
      const listed = await started.ctl('list_queues', '-p', vhost, '--no-table-headers', 'name', 'messages')
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
