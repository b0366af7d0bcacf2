import type { ConfirmChannel, ConsumeMessage } from 'amqplib'
import type { Delivery, LinkOptions, LinkState } from '../../ports/transport.ts'
import type { Queue } from '../../ports/wire.ts'
import { WaitingTake } from '../waiting-take.ts'
import { envelopeOf } from './message.ts'
import type { ResolvedOptions } from './options.ts'
import { unpack } from './parcel.ts'
import { RecoveringChannel } from './recovering-channel.ts'
import { declare } from './topology.ts'

/** How often a consumer to which nothing comes asks whether it is still one. */
const checkMs = 15_000
/** How long the broker may take to answer that. */
const answerMs = 10_000

/** Of the only consumer of its channel. */
const consumerTag = 'makegood'

/** What the broker sent as one message, and is acknowledged as one: almost always a single delivery. */
interface Received {
  readonly channel: ConfirmChannel
  readonly tag: number
  /** How many of its deliveries are not acknowledged. */
  open: number
}

interface RabbitmqDelivery extends Delivery {
  readonly received: Received
  open: boolean
}

/** Takes from one queue, and knows what was taken and not acknowledged. */
export class Consumer {
  readonly #options: ResolvedOptions
  readonly #link: LinkOptions
  readonly #queue: Queue
  readonly #channel: RecoveringChannel
  readonly #watch: NodeJS.Timeout
  /** Arrived on the present channel and not taken yet. */
  #arrived: RabbitmqDelivery[] = []
  /** How many were taken from the present channel and are not acknowledged. */
  #inHand = 0
  /** Delivery tags of the present channel that are not acknowledged, in their order. */
  #open = new Set<number>()
  #consuming: ConfirmChannel | undefined
  readonly #waiting = new WaitingTake<RabbitmqDelivery>(max => this.#takeUpTo(max))
  #heardAt = Date.now()
  #closed = false

  constructor(options: ResolvedOptions, link: LinkOptions, queue: Queue) {
    this.#options = options
    this.#link = link
    this.#queue = queue
    this.#channel = new RecoveringChannel(options, {
      name: `${link.service} (taking from ${queue.name})`,
      report: link.report,
      setUp: channel => this.#setUp(channel),
      // A quorum queue takes acknowledgements in batches, and forgets the last of them if the channel goes first. Where
      // order counts they are better forgotten: the next consumer of a queue that this one has cancelled begins before
      // what is open here goes back.
      wrapUp: async channel => {
        if (!queue.inOrder) await channel.cancel(consumerTag)
      },
    })
    this.#watch = setInterval(() => this.#checkThatItConsumes(), checkMs)
    this.#watch.unref()
  }

  get state(): LinkState {
    return this.#channel.state
  }

  take(max: number, waitMs: number): Promise<readonly Delivery[]> {
    return this.#waiting.take(max, waitMs)
  }

  /**
   * With one frame as far as nothing older is open, and one by one beyond. Tags of a channel that is gone are no tags
   * any more: their messages come again.
   */
  acknowledge(deliveries: readonly Delivery[]): void {
    const channel = this.#channel.channel
    if (!channel || channel !== this.#consuming) return
    const tags = new Set<number>()
    for (const delivery of deliveries as readonly RabbitmqDelivery[]) {
      const { received } = delivery
      if (received.channel !== channel || !delivery.open) continue
      delivery.open = false
      received.open -= 1
      this.#inHand -= 1
      if (received.open === 0) tags.add(received.tag)
    }
    try {
      this.#acknowledgeOldest(channel, tags)
      for (const tag of tags) {
        this.#open.delete(tag)
        channel.ack(messageWith(tag))
      }
    } catch {
      // The channel died this moment: they come again.
    }
    this.#waiting.wake()
  }

  /** At the broker a parcel counts as one. */
  async waiting(): Promise<number | undefined> {
    const atBroker = await this.#channel.channel?.checkQueue(this.#queue.name)
    return atBroker && atBroker.messageCount + this.#arrived.length
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#watch)
    this.#waiting.close()
    await this.#channel.close()
  }

  async #setUp(channel: ConfirmChannel): Promise<void> {
    const { name } = this.#queue
    this.#consuming = channel
    this.#arrived = []
    this.#inHand = 0
    this.#open = new Set()
    await declare(channel, this.#link.topology, this.#options)
    await channel.prefetch(this.#link.prefetch)
    const arrive = (message: ConsumeMessage | null) => {
      if (message) this.#arrive(channel, message)
      else this.#channel.renew(new Error(`the broker cancelled the consumer of ${name}; was the queue deleted?`))
    }
    await channel.consume(name, arrive, { consumerTag })
    this.#heardAt = Date.now()
  }

  #arrive(channel: ConfirmChannel, message: ConsumeMessage): void {
    if (channel !== this.#consuming || this.#closed) return
    this.#heardAt = Date.now()
    const { deliveryTag: tag, redelivered } = message.fields
    const envelopes = unpack(message) ?? [envelopeOf(message)]
    const received = { channel, tag, open: envelopes.length }
    this.#open.add(tag)
    // What came with the same read of the socket is taken together.
    if (this.#waiting.isWaiting && this.#arrived.length === 0) queueMicrotask(() => this.#waiting.wake())
    for (const envelope of envelopes) this.#arrived.push({ envelope, redelivered, received, open: true })
  }

  /** The broker counts parcels against the prefetch; what is in them is counted here. */
  #takeUpTo(max: number): readonly RabbitmqDelivery[] {
    const room = Math.min(max, this.#link.prefetch - this.#inHand)
    if (room <= 0 || this.#arrived.length === 0) return []
    const taken = this.#arrived.splice(0, room)
    this.#inHand += taken.length
    return taken
  }

  #acknowledgeOldest(channel: ConfirmChannel, tags: Set<number>): void {
    let last: number | undefined
    for (const tag of this.#open) {
      if (!tags.delete(tag)) break
      this.#open.delete(tag)
      last = tag
    }
    if (last !== undefined) channel.ack(messageWith(last), true)
  }

  /**
   * A consumer can be gone while its connection looks well: nothing says so, and nothing comes. So whoever hears nothing
   * for a while asks; a queue that is not there, or an answer that does not come, ends the channel too.
   */
  async #checkThatItConsumes(): Promise<void> {
    const channel = this.#channel.channel
    if (!channel || Date.now() - this.#heardAt < checkMs) return
    const late = setTimeout(() => this.#channel.renew(new Error(`no answer came in ${answerMs} ms`)), answerMs)
    try {
      const { consumerCount } = await channel.checkQueue(this.#queue.name)
      if (consumerCount === 0) this.#channel.renew(new Error(`the queue ${this.#queue.name} has lost its consumer`))
    } catch {
      // It has told the channel's own listeners.
    } finally {
      clearTimeout(late)
    }
  }
}

/** All that amqplib reads of a message that is acknowledged. */
function messageWith(deliveryTag: number): ConsumeMessage {
  return { fields: { deliveryTag } } as ConsumeMessage
}
