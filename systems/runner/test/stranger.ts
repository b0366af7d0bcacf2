import amqplib from 'amqplib'
import type { Queue, Topology } from 'makegood'
import type { EmbeddedTransport } from 'makegood/embedded'

/** Somebody who listens to everything, with a queue of his own, and may say something: by the documentation alone. */
export interface Stranger {
  /** Every message that was published to the exchange so far. */
  readonly heard: readonly Heard[]
  /** Publishes to the exchange; without headers if none are given. */
  send(routingKey: string, body: string, headers?: Readonly<Record<string, string>>): Promise<void>
  /** The dead letters that have come to this dead-letter queue so far. */
  deadLetters(queue: string): Promise<readonly DeadLetter[]>
  close(): Promise<void>
}

export interface Heard {
  readonly routingKey: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface DeadLetter {
  readonly body: string
  readonly reason: string
}

/** At a RabbitMQ; the services need not have run yet. */
export async function amqpStranger(url: string, exchange: string): Promise<Stranger> {
  const broker = await amqplib.connect(url)
  const channel = await broker.createConfirmChannel()
  await channel.assertExchange(exchange, 'topic', { durable: true })
  const { queue: everything } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(everything, exchange, '#')
  const heard: Heard[] = []
  const hear = (message: amqplib.ConsumeMessage | null) => {
    if (message === null) return
    const { fields, properties, content } = message
    heard.push({ routingKey: fields.routingKey, headers: { ...properties.headers }, body: content.toString() })
  }
  await channel.consume(everything, hear, { noAck: true })
  const letters = new Map<string, DeadLetter[]>()
  return {
    heard,
    send: async (routingKey, body, headers = {}) => {
      channel.publish(exchange, routingKey, Buffer.from(body), { headers, contentType: 'application/json' })
      await channel.waitForConfirms()
    },
    deadLetters: async queue => {
      const known = letters.get(queue) ?? []
      letters.set(queue, known)
      for (;;) {
        const letter = await channel.get(queue, { noAck: true })
        if (letter === false) return known
        known.push({ body: letter.content.toString(), reason: reasonIn({ ...letter.properties.headers }) })
      }
    },
    close: () => broker.close(),
  }
}

/** In this process, beside the services of a topology. */
export function embeddedStranger(transport: EmbeddedTransport, { exchange, queues }: Topology): Stranger {
  const everything: Queue = { name: 'stranger', service: 'stranger', bindings: ['#'], deadLetters: 'DLQ.stranger' }
  const link = transport.connect({
    service: 'stranger',
    topology: { exchange, queues: [...queues, everything] },
    queue: everything,
    prefetch: 100,
    report: () => {},
  })
  const heard: Heard[] = []
  const listening = (async () => {
    while (link.state.state !== 'closed') {
      const deliveries = await link.take(100, 1_000)
      for (const { envelope } of deliveries) {
        const { address, headers, body } = envelope
        heard.push({ routingKey: address, headers, body })
      }
      link.acknowledge(deliveries)
    }
  })()
  return {
    heard,
    send: async (routingKey, body, headers = {}) => {
      await link.publish([{ id: crypto.randomUUID(), address: routingKey, mandatory: true, headers, body }])
    },
    deadLetters: async queue =>
      transport.deadLetters(queue).map(({ body, headers }) => ({ body, reason: reasonIn(headers) })),
    close: async () => {
      await link.close()
      await listening
    },
  }
}

function reasonIn(headers: Readonly<Record<string, unknown>>): string {
  return String(headers['makegood-dead-letter-reason'] ?? '')
}
