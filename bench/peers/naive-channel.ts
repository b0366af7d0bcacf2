import { type Channel, connect } from 'amqplib'

/** A channel as a hurried programmer opens it, but with prefetch 50 and TCP no-delay, without which it is 10 times slower. */
export async function openChannel(
  url: string,
): Promise<{ readonly channel: Channel; readonly close: () => Promise<void> }> {
  const connection = await connect(url, { noDelay: true })
  const channel = await connection.createChannel()
  await channel.prefetch(50)
  for (const queue of queues) await channel.assertQueue(queue, { durable: true })
  return { channel, close: () => connection.close() }
}

/** Persistent, but without a confirm. */
export function send(channel: Channel, queue: string, message: object): void {
  channel.sendToQueue(queue, Buffer.from(JSON.stringify(message)), { persistent: true })
}

export async function receive<Message>(
  channel: Channel,
  queue: string,
  work: (message: Message) => Promise<unknown>,
): Promise<void> {
  await channel.consume(queue, async message => {
    if (message === null) return
    await work(JSON.parse(message.content.toString()) as Message)
    channel.ack(message)
  })
}

const queues = ['reserve', 'release', 'charge', 'refund', 'ship', 'shipped', 'refused']
