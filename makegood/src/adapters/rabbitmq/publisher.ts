import type { ConfirmChannel, Message } from 'amqplib'
import { textOf } from '../../model/errors.ts'
import type { LinkOptions, LinkState, Published } from '../../ports/transport.ts'
import type { Envelope } from '../../ports/wire.ts'
import { type Publication, Publications } from '../publication.ts'
import { propertiesOf } from './message.ts'
import type { ResolvedOptions } from './options.ts'
import { RecoveringChannel } from './recovering-channel.ts'
import { declare } from './topology.ts'

/** How long `close` waits for confirms. */
const closeMs = 2_000

/** Publishes with confirms. */
export class Publisher {
  readonly #options: ResolvedOptions
  readonly #link: LinkOptions
  readonly #channel: RecoveringChannel
  readonly #publications = new Publications()
  /** How many times a message came back whose confirm has not come yet. */
  readonly #returned = new Map<string, number>()
  readonly #watch: NodeJS.Timeout
  #closed = false

  constructor(options: ResolvedOptions, link: LinkOptions) {
    this.#options = options
    this.#link = link
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
    for (const envelope of envelopes) this.#send(channel, envelope, publication)
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
    channel.on('return', (message: Message) => {
      const id = message.properties.messageId
      this.#returned.set(id, (this.#returned.get(id) ?? 0) + 1)
    })
    await declare(channel, this.#link.topology, this.#options)
  }

  #send(channel: ConfirmChannel, envelope: Envelope, publication: Publication): void {
    const exchange = envelope.direct ? '' : this.#link.topology.exchange
    try {
      channel.publish(exchange, envelope.address, Buffer.from(envelope.body), propertiesOf(envelope), error => {
        if (error) publication.leave()
        else if (this.#takeReturned(envelope.id)) publication.returned(envelope.id)
        else publication.confirm(envelope.id)
      })
    } catch (error) {
      // A channel that died this moment, or an address or header that AMQP cannot carry: longer than 255 bytes.
      publication.leave()
      if (this.#channel.channel === channel) {
        const message = `${envelope.id} to ${envelope.address} cannot be published (${textOf(error)}); it stays in the outbox`
        this.#link.report({ level: 'error', message, cause: error })
      }
    }
  }

  /** Comes before the confirm of the message that nobody takes. */
  #takeReturned(id: string): boolean {
    const times = this.#returned.get(id)
    if (times === undefined) return false
    if (times === 1) this.#returned.delete(id)
    else this.#returned.set(id, times - 1)
    return true
  }

  /** A broker that answers nothing for so long is left; one that has said that it is blocked will take up again. */
  #giveUpOverdue(): void {
    const overdue = this.#publications.endOlderThan(this.#options.confirmTimeoutMs)
    if (overdue > 0 && this.state.state === 'connected') {
      this.#channel.renew(new Error(`no confirm came in ${this.#options.confirmTimeoutMs} ms`))
    }
  }
}
