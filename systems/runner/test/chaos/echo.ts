import { setTimeout as pause } from 'node:timers/promises'
import { type ConsumeMessage, connect } from 'amqplib'
import type { Random } from './random.ts'
import type { Subject } from './subject.ts'

/**
 * Somebody at the broker who hears everything that is published, and says some of it again a little later, as it was;
 * and who notes what is told of the ends of orders.
 */
export class Echo {
  /** Which ends were told of each order. */
  readonly ends = new Map<string, Set<string>>()
  /** How much was said again. */
  repeated = 0
  readonly #url: string
  readonly #subject: Pick<Subject, 'exchange' | 'endIn'>
  readonly #random: Random
  readonly #known = new Set<string>()
  readonly #speaking = new Set<Promise<void>>()
  readonly #leaving = new AbortController()
  readonly #listening: Promise<void>

  constructor(url: string, subject: Pick<Subject, 'exchange' | 'endIn'>, random: Random) {
    this.#url = url
    this.#subject = subject
    this.#random = random
    this.#listening = this.#listen()
  }

  /** Orders of which more than one end was told. */
  get contradictions(): readonly string[] {
    return [...this.ends]
      .filter(([, ends]) => ends.size > 1)
      .map(([order, ends]) => `of order ${order} was told ${[...ends].join(' and ')}`)
  }

  /** Resolves when everything is said. */
  async leave(): Promise<void> {
    await Promise.all(this.#speaking)
    this.#leaving.abort()
    await this.#listening
  }

  async #listen(): Promise<void> {
    const { signal } = this.#leaving
    while (!signal.aborted) {
      // The broker is restarted while we listen: then we come back, and have missed what was said meanwhile.
      await this.#once(signal).catch(() => pause(200))
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const broker = await connect(this.#url)
    broker.on('error', () => {})
    const gone = new Promise<void>(resolve => {
      broker.once('close', () => resolve())
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    try {
      const channel = await broker.createChannel()
      channel.on('error', () => {})
      await channel.assertExchange(this.#subject.exchange, 'topic', { durable: true })
      const { queue } = await channel.assertQueue('', { exclusive: true })
      await channel.bindQueue(queue, this.#subject.exchange, '#')
      const say = (message: ConsumeMessage) => {
        const { fields, content, properties } = message
        channel.publish(this.#subject.exchange, fields.routingKey, content, properties as object)
        this.repeated += 1
      }
      await channel.consume(queue, message => message !== null && this.#hear(message, say), { noAck: true })
      await gone
    } finally {
      await broker.close().catch(() => {})
    }
  }

  #hear(message: ConsumeMessage, say: (message: ConsumeMessage) => void): void {
    const [routingKey, body] = [message.fields.routingKey, message.content.toString()]
    const told = this.#subject.endIn?.(routingKey, body)
    if (told !== undefined) this.ends.set(told.order, (this.ends.get(told.order) ?? new Set()).add(told.end))
    const what = `${routingKey} ${body}`
    // Whatever comes twice, because it was said again or sent again, is enough.
    if (this.#known.has(what)) return
    this.#known.add(what)
    if (this.#random.next() >= repeatedShare) return
    const speaking = pause(this.#random.between(0, delayMsMax)).then(() => say(message))
    const done = speaking.catch(() => {}).then(() => void this.#speaking.delete(done))
    this.#speaking.add(done)
  }
}

const repeatedShare = 0.3
/** Long enough for an order to end before. */
const delayMsMax = 4_000
