import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { systemClock } from '../../ports/clock.ts'
import type { LinkEvent, LinkState } from '../../ports/transport.ts'
import { inTime } from '../in-time.ts'
import { type Life, Recovering } from '../recovering.ts'
import type { Address, ResolvedOptions } from './options.ts'
import { socketOf, writeTogether } from './socket.ts'
import { troubleOf } from './trouble.ts'

/** How long closing waits for the broker's answer. */
const closeMs = 2_000

export interface ChannelPlan {
  /** Said in reports: who connects, and what for. */
  readonly name: string
  readonly report: (event: LinkEvent) => void
  /** Makes the channel ready for use; what it throws is reported, and all begins anew. */
  readonly setUp: (channel: ConfirmChannel) => Promise<void>
  /** The last thing to do with a channel that is closed by us. */
  readonly wrapUp?: (channel: ConfirmChannel) => Promise<unknown>
}

/**
 * One connection with one channel, made anew whenever either is lost, for whatever reason, until it is closed. Nobody
 * mends a channel: delivery tags and confirms die with it, so that none is ever used on the next one.
 */
export class RecoveringChannel {
  readonly #options: ResolvedOptions
  readonly #plan: ChannelPlan
  readonly #connected: Recovering
  /** Each life takes the address after the one of the life before it. */
  #turn: number
  #channel: ConfirmChannel | undefined
  /** Why the broker takes nothing at present. */
  #blocked: string | undefined

  constructor(options: ResolvedOptions, plan: ChannelPlan) {
    const { name, report } = plan
    this.#options = options
    this.#plan = plan
    this.#turn = Math.floor(systemClock.random() * options.addresses.length)
    this.#connected = new Recovering({
      name,
      report,
      troubleOf: error => troubleOf(error, this.#address, options),
      live: life => this.#live(life),
    })
  }

  get state(): LinkState {
    const { state } = this.#connected
    return state.state === 'connected' && this.#blocked !== undefined
      ? { state: 'blocked', because: this.#blocked }
      : state
  }

  /** Undefined while there is none that can be used. */
  get channel(): ConfirmChannel | undefined {
    return this.#channel
  }

  /** Gives the channel up and makes a new one. */
  renew(why: Error): void {
    this.#connected.renew(why)
  }

  close(): Promise<void> {
    return this.#connected.close()
  }

  get #address(): Address {
    const { addresses } = this.#options
    return addresses[this.#turn % addresses.length]!
  }

  /** The life of one connection. */
  async #live({ ready, lost, lose, closing }: Life): Promise<void> {
    this.#turn += 1
    const connecting = connect(accessTo(this.#address, this.#options), socketOptionsOf(this.#options))
    const connection = await Promise.race([connecting, lost]).catch(error => {
      connecting.then(
        late => closeQuietly(late),
        () => {},
      )
      throw error
    })
    writeTogether(socketOf(connection))
    this.#listen(connection, lose)
    let channel: ConfirmChannel | undefined
    try {
      channel = await Promise.race([this.#openChannel(connection, lose), lost])
      this.#channel = channel
      const { hostname, port } = this.#address
      ready(`RabbitMQ at ${hostname}:${port}, vhost ${this.#options.vhost}`)
      await lost
    } finally {
      this.#channel = undefined
      this.#blocked = undefined
      await closeQuietly(connection, closing.aborted && channel ? () => this.#closeChannel(channel!) : undefined)
    }
  }

  async #openChannel(connection: ChannelModel, lose: Life['lose']): Promise<ConfirmChannel> {
    const channel = await connection.createConfirmChannel()
    // What goes wrong while it is set up is thrown there, and says more.
    channel.on('error', () => {})
    await this.#plan.setUp(channel)
    channel.on('error', lose)
    channel.on('close', () => lose(new Error('the channel was closed')))
    return channel
  }

  async #closeChannel(channel: ConfirmChannel): Promise<void> {
    await this.#plan.wrapUp?.(channel)
    await channel.close()
  }

  #listen(connection: ChannelModel, lose: Life['lose']): void {
    connection.on('error', lose)
    connection.on('close', error => lose(error ?? new Error('the connection was closed')))
    connection.on('blocked', reason => {
      this.#blocked = reason
      this.#plan.report({
        level: 'warn',
        message: `RabbitMQ takes nothing from ${this.#plan.name} at present: ${reason}`,
      })
    })
    connection.on('unblocked', () => {
      this.#blocked = undefined
      this.#plan.report({ level: 'info', message: `RabbitMQ takes again from ${this.#plan.name}` })
    })
  }
}

function accessTo(address: Address, options: ResolvedOptions) {
  return {
    ...address,
    protocol: options.tls ? 'amqps' : 'amqp',
    username: options.user,
    password: options.password,
    // amqplib decodes it, as if it came from a URL.
    vhost: encodeURIComponent(options.vhost),
    heartbeat: options.heartbeatSeconds,
  }
}

function socketOptionsOf(options: ResolvedOptions) {
  return {
    ...options.tls,
    // Without it a message that comes alone waits 40 ms for company.
    noDelay: true,
    keepAlive: true,
    timeout: options.connectTimeoutMs,
    // What may be written in one turn.
    writableHighWaterMark: 1024 * 1024,
    clientProperties: { connection_name: options.connectionName },
  }
}

/**
 * The channel first and then the connection: only what is on the channel itself is sent in order, and the last
 * acknowledgements are. Whatever the broker answers, the socket is gone afterwards; amqplib alone would wait for a peer
 * that is not there any more.
 */
async function closeQuietly(connection: ChannelModel, closeChannel?: () => Promise<void>): Promise<void> {
  const { blocked } = connection.connection as unknown as { readonly blocked: boolean }
  const handshake = async () => {
    if (blocked) return
    await closeChannel?.()
    await connection.close()
  }
  await inTime(closeMs, handshake())
  // With an error, or amqplib would not notice: it would go on with its heartbeat, and leave confirms unanswered.
  connection.on('error', () => {})
  socketOf(connection).destroy(new Error('closed by us'))
}
