import { Admin, Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka'
import type { Topology } from 'makegood'
import { startOwnKafka } from '../../../../../scripts/servers/kafka.ts'
import { type Broker, serverOf } from './server.ts'

/** With a topic for each address that a queue binds. */
export async function kafka({ queues }: Topology): Promise<Broker> {
  const started = await startOwnKafka()
  const [url] = started.brokers as [string]
  const client = () => ({ clientId: 'stranger', bootstrapBrokers: [url] })
  const topics = [...new Set(queues.flatMap(({ bindings }) => bindings))]

  async function asked<Answer>(ask: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    const admin = new Admin(client())
    try {
      return await ask(admin)
    } finally {
      await admin.close()
    }
  }

  return {
    ...serverOf('Kafka', url, started),

    // From the beginning each time: what was heard before is known.
    overhear: async (hear, enough) => {
      const consumer = new Consumer({ ...client(), groupId: `stranger-${crypto.randomUUID()}` })
      const producer = new Producer({ ...client(), acks: -1 })
      try {
        const records = await consumer.consume({ topics, mode: MessagesStreamModes.EARLIEST, autocommit: false })
        const close = () => void records.close()
        enough.addEventListener('abort', close, { once: true })
        if (enough.aborted) close()
        for await (const { topic, value, headers } of records) {
          if (value === null || value === undefined) continue
          const repeat = async () => void (await producer.send({ messages: [{ topic, value, headers }] }))
          hear({ address: topic, body: value.toString(), repeat })
        }
      } finally {
        await Promise.allSettled([consumer.close(true), producer.close(true)])
      }
    },

    // Of each group, how far it has come in its topics, and how far they go.
    unread: () =>
      asked(async admin => {
        const ends = await endsOf(admin, [...topics, ...queues.map(({ name }) => name)])
        const read = new Map<string, number>()
        const groups = await admin.listConsumerGroupOffsets({ groups: queues.map(({ name }) => name) })
        for (const { groupId, topics } of groups) {
          for (const { name, partitions } of topics) {
            for (const { partitionIndex, committedOffset } of partitions)
              read.set(`${groupId}/${name}/${partitionIndex}`, Number(committedOffset))
          }
        }
        return new Map(
          queues.map(({ name: group, bindings }) => {
            const own = ends.filter(({ topic }) => topic === group || bindings.includes(topic))
            const left = own.map(({ topic, partition, end }) => end - (read.get(`${group}/${topic}/${partition}`) ?? 0))
            return [group, left.reduce((sum, each) => sum + each, 0)]
          }),
        )
      }),

    messagesIn: queue => asked(async admin => (await endsOf(admin, [queue])).reduce((sum, { end }) => sum + end, 0)),
  }
}

interface End {
  readonly topic: string
  readonly partition: number
  readonly end: number
}

async function endsOf(admin: Admin, topics: readonly string[]): Promise<readonly End[]> {
  const { topics: known } = await admin.metadata({ topics: [...topics] })
  const asked = [...known].map(([name, { partitionsCount }]) => ({
    name,
    partitions: Array.from({ length: partitionsCount }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1n })),
  }))
  const listed = await admin.listOffsets({ topics: asked })
  return listed.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, offset }) => ({ topic: name, partition: partitionIndex, end: Number(offset) })),
  )
}
