import { Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka'
import type { Topology } from 'makegood'
import type { DeadLetter, Heard, Stranger } from '../../runner/test/stranger.ts'

/** At a Kafka whose topics exist: reads them all from their beginning, until the broker goes away. */
export async function kafkaStranger(brokers: readonly string[], { queues }: Topology): Promise<KafkaStranger> {
  const to = { clientId: 'stranger', bootstrapBrokers: [...brokers] }
  const producer = new Producer({ ...to, acks: -1 })
  const consumer = new Consumer({ ...to, groupId: 'stranger', autocommit: true })
  const letters = queues.flatMap(({ deadLettersByAddress = {} }) => Object.values(deadLettersByAddress))
  const topics = [...queues.flatMap(({ bindings }) => bindings), ...letters]
  const stream = await consumer.consume({ topics, mode: MessagesStreamModes.EARLIEST })
  const heard: Heard[] = []
  const dead = new Map<string, DeadLetter[]>(letters.map(topic => [topic, []]))
  stream.on('data', ({ topic, value, headers }) => {
    const body = value?.toString() ?? ''
    const texts = Object.fromEntries([...headers].map(([name, text]) => [name.toString(), text.toString()]))
    const of = dead.get(topic)
    if (of === undefined) heard.push({ routingKey: topic, headers: texts, body })
    else of.push({ body, reason: texts['makegood-dead-letter-reason'] ?? '' })
  })
  const sendBytes = async (topic: string, value: Buffer | undefined, key?: string) => {
    const record = { topic, ...(value && { value }), ...(key === undefined ? {} : { key: Buffer.from(key) }) }
    await producer.send({ messages: [record] })
  }
  stream.on('error', () => {})
  return {
    heard,
    send: (topic, body) => sendBytes(topic, Buffer.from(body)),
    sendBytes,
    deadLetters: async topic => dead.get(topic) ?? [],
    close: async () => {
      await stream.close()
      await consumer.close(true)
      await producer.close(true)
    },
  }
}

export interface KafkaStranger extends Stranger {
  /** Any bytes, or no value at all, with or without a key. */
  sendBytes(topic: string, value: Buffer | undefined, key?: string): Promise<void>
}
