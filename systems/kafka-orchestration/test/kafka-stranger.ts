import { setTimeout as pause } from 'node:timers/promises'
import { Consumer, type MessagesStream, MessagesStreamModes, Producer } from '@platformatic/kafka'
import type { Topology } from 'makegood'
import type { DeadLetter, Heard, Stranger } from '../../runner/test/stranger.ts'

/** At a Kafka whose topics exist. */
export async function kafkaStranger(brokers: readonly string[], { queues }: Topology): Promise<KafkaStranger> {
  const to = { clientId: 'stranger', bootstrapBrokers: [...brokers] }
  const letters = queues.flatMap(({ deadLettersByAddress = {} }) => Object.values(deadLettersByAddress))
  const topics = [...queues.flatMap(({ bindings }) => bindings), ...letters]
  const heard: Heard[] = []
  const dead = new Map<string, DeadLetter[]>(letters.map(topic => [topic, []]))
  const places = new Set<string>()

  const hear = ({ topic, partition, offset, value, headers }: KafkaRecord) => {
    const place = `${topic}/${partition}/${offset}`
    if (places.has(place)) return
    places.add(place)
    const body = value?.toString() ?? ''
    const texts = Object.fromEntries([...headers].map(([name, text]) => [name.toString(), text.toString()]))
    const of = dead.get(topic)
    if (of === undefined) heard.push({ routingKey: topic, headers: texts, body })
    else of.push({ body, reason: texts['makegood-dead-letter-reason'] ?? '' })
  }

  const producer = new Producer({ ...to, acks: -1 })
  let isClosed = false
  let reading: Reading | undefined
  const listening = (async () => {
    while (!isClosed) {
      const consumer = new Consumer({ ...to, groupId: `stranger-${crypto.randomUUID()}` })
      try {
        reading = await consumer.consume({ topics, mode: MessagesStreamModes.EARLIEST, autocommit: false })
        for await (const record of reading) hear(record)
      } catch {
        // The broker went away: all is read again when it is back, and what was heard before is known.
        await pause(200)
      } finally {
        await Promise.allSettled([consumer.close(true)])
      }
    }
  })()

  const sendBytes = async (topic: string, value: Buffer | undefined, key?: string) => {
    const record = { topic, ...(value && { value }), ...(key === undefined ? {} : { key: Buffer.from(key) }) }
    await producer.send({ messages: [record] })
  }
  return {
    heard,
    send: (topic, body) => sendBytes(topic, Buffer.from(body)),
    sendBytes,
    deadLetters: async topic => dead.get(topic) ?? [],
    close: async () => {
      isClosed = true
      await reading?.close()
      await Promise.all([listening, producer.close(true)])
    },
  }
}

type Reading = MessagesStream<Buffer, Buffer, Buffer, Buffer>

interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** None where a record only says that its key is gone. */
  readonly value: Buffer | null | undefined
  readonly headers: ReadonlyMap<Buffer, Buffer>
}

export interface KafkaStranger extends Stranger {
  /** Any bytes, or no value at all, with or without a key. */
  sendBytes(topic: string, value: Buffer | undefined, key?: string): Promise<void>
}
