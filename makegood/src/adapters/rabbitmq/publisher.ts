import type { ConfirmChannel, Message } from 'amqplib'
import { textOf } from '../../model/errors.ts'
import type { LinkOptions, LinkState, Published } from '../../ports/transport.ts'
import type { Envelope } from '../../ports/wire.ts'
import { type Publication, Publications } from '../publication.ts'
import { propertiesOf } from './message.ts'
import type { ResolvedOptions } from './options.ts'
import { type Parcel, packedMessage, packing, separately } from './parcel.ts'
import { RecoveringChannel } from './recovering-channel.ts'
import { declare } from './topology.ts'

/** How long `close` waits for confirms. */
const closeMs = 2_000

/** Publishes with confirms. */
export class Publisher {
  readonly #options: ResolvedOptions
  readonly #link: LinkOptions
  readonly #channel: RecoveringChannel
  readonly #parcelsOf: (envelopes: readonly Envelope[]) => readonly Parcel[]
  readonly #publications = new Publications()
  /** How many times a message came back whose confirm has not come yet. */
  readonly #returned = new Map<string, number>()
  /** Since when the broker has refused what is sent there, each time. */
  readonly #refusedSince = new Map<string, number>()
  readonly #watch: NodeJS.Timeout
  #closed = false

  constructor(options: ResolvedOptions, link: LinkOptions) {
    this.#options = options
    this.#link = link
    this.#parcelsOf = options.packed ? packing(link.topology.queues) : separately
    this.#channel = new RecoveringChannel(options, {
      name: `${link.service} (publishing)`,
      report: link.report,
      setUp: channel => this.#setUp(channel),
    })
    this.#watch = setInterval(() => this.#giveUpOverdue(), options.confirmTimeoutMs / 4)
    this.#watch.unref()
  }

  get state(): LinkState {
    return this.#channel.state
  }

  publish(envelopes: readonly Envelope[]): Promise<Published> {
    const channel = this.#channel.channel
    const sends = channel && !this.#closed && this.state.state === 'connected'
    const publication = this.#publications.begin(sends ? envelopes.length : 0)
    if (!sends) return publication.outcome
    for (const parcel of this.#parcelsOf(envelopes)) this.#send(channel, parcel, publication)
    return publication.outcome
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#watch)
    if (this.state.state === 'connected') await this.#publications.settled(closeMs)
    await this.#channel.close()
    this.#publications.endOlderThan(0)
  }

  async #setUp(channel: ConfirmChannel): Promise<void> {
    this.#returned.clear()
    this.#refusedSince.clear()
    channel.on('return', (message: Message) => {
      const id = message.properties.messageId
      this.#returned.set(id, (this.#returned.get(id) ?? 0) + 1)
    })
    await declare(channel, this.#link.topology, this.#options)
  }

  #send(channel: ConfirmChannel, { envelopes, queue }: Parcel, publication: Publication): void {
    const [first] = envelopes
    if (!first) return
    const settled = (error: unknown) => {
      if (this.#channel.channel === channel) this.#note(first.address, error)
      const returned = !error && this.#takeReturned(first.id)
      for (const { id, mandatory } of envelopes) {
        if (error || (returned && !mandatory)) publication.leave()
        else if (returned) publication.returned(id)
        else publication.confirm(id)
      }
    }
    try {
      if (queue !== undefined && envelopes.length > 1) {
        const { content, properties } = packedMessage(envelopes)
        channel.publish('', queue, content, properties, settled)
      } else {
        const exchange = first.direct ? '' : this.#link.topology.exchange
        channel.publish(exchange, first.address, Buffer.from(first.body), propertiesOf(first), settled)
      }
    } catch (error) {
      // A channel that died this moment, or an address or a header that AMQP cannot carry.
      for (const _ of envelopes) publication.leave()
      if (this.#channel.channel === channel) {
        const message = `${first.id} to ${first.address} cannot be published (${textOf(error)}); it stays in the outbox`
        this.#link.report({ level: 'error', message, cause: error })
      }
    }
  }

  #note(address: string, refusal: unknown): void {
    if (!refusal) this.#refusedSince.delete(address)
    else if (!this.#refusedSince.has(address)) this.#refusedSince.set(address, Date.now())
  }

  /** Comes before the confirm of the message that nobody takes. */
  #takeReturned(id: string): boolean {
    const times = this.#returned.get(id)
    if (times === undefined) return false
    if (times === 1) this.#returned.delete(id)
    else this.#returned.set(id, times - 1)
    return true
  }

  /**
   * A broker that confirms nothing for so long is left, be it silent or refusing: a channel that has not found the new
   * leader of a quorum queue goes on refusing for as long as it lives (seen with RabbitMQ 3.10). One that has said that it
   * is blocked will take up again.
   */
  #giveUpOverdue(): void {
    const { confirmTimeoutMs } = this.#options
    const overdue = this.#publications.endOlderThan(confirmTimeoutMs)
    if (this.state.state !== 'connected') return
    const refused = [...this.#refusedSince].find(([, since]) => since <= Date.now() - confirmTimeoutMs)
    if (overdue > 0) this.#channel.renew(new Error(`no confirm came in ${confirmTimeoutMs} ms`))
    else if (refused)
      this.#channel.renew(new Error(`what is sent to ${refused[0]} was refused for ${confirmTimeoutMs} ms`))
  }
}
