import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { MakegoodError, textOf } from '../../model/errors.ts'
import { systemClock } from '../../ports/clock.ts'
import type { LinkEvent, LinkState } from '../../ports/transport.ts'
import type { ResolvedOptions } from './options.ts'
import { socketOf, writeTogether } from './socket.ts'
import { troubleOf } from './trouble.ts'

const firstPauseMs = 100
const pauseMsMax = 5_000
/** The same trouble is not reported again sooner. */
const reportAgainMs = 60_000
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
  readonly #closing = new AbortController()
  readonly #ended: Promise<void>
  #channel: ConfirmChannel | undefined
  #state: LinkState = { state: 'connecting', because: 'it has just begun' }
  #readyAt: number | undefined
  #lose: (why: Error) => void = () => {}
  #reported = { text: '', at: 0 }

  constructor(options: ResolvedOptions, plan: ChannelPlan) {
    this.#options = options
    this.#plan = plan
    this.#ended = this.#run()
  }

  get state(): LinkState {
    return this.#state
  }

  /** Undefined while there is none that can be used. */
  get channel(): ConfirmChannel | undefined {
    return this.#channel
  }

  /** Gives the channel up and makes a new one. */
  renew(why: Error): void {
    this.#lose(why)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#lose(new Error('closed by us'))
    await this.#ended
  }

  async #run(): Promise<void> {
    let pauseMs = firstPauseMs
    while (!this.#closing.signal.aborted) {
      this.#readyAt = undefined
      try {
        await this.#live()
      } catch (error) {
        if (this.#closing.signal.aborted) break
        const because = this.#reportTrouble(error)
        this.#state = { state: 'connecting', because }
      }
      // One that lived longer than the pause before it was a good one: the next pause is short again.
      const livedMs = this.#readyAt === undefined ? 0 : Date.now() - this.#readyAt
      pauseMs = livedMs > pauseMs ? firstPauseMs : Math.min(2 * pauseMs, pauseMsMax)
      await systemClock.sleep(pauseMs * (0.5 + systemClock.random() / 2), this.#closing.signal)
    }
    this.#state = { state: 'closed' }
  }

  /** The life of one connection. Ends by throwing what ended it, be it we. */
  async #live(): Promise<void> {
    const lost = new Promise<never>((_, reject) => {
      this.#lose = reject
    })
    lost.catch(() => {})
    const connecting = connect(addressOf(this.#options), socketOptionsOf(this.#options))
    const connection = await Promise.race([connecting, lost]).catch(error => {
      connecting.then(
        late => closeQuietly(late),
        () => {},
      )
      throw error
    })
    writeTogether(socketOf(connection))
    this.#listen(connection)
    let channel: ConfirmChannel | undefined
    try {
      channel = await Promise.race([this.#openChannel(connection), lost])
      this.#channel = channel
      this.#readyAt = Date.now()
      this.#reportConnected()
      await lost
    } finally {
      this.#channel = undefined
      this.#state = { state: 'connecting', because: 'the connection was lost' }
      await closeQuietly(
        connection,
        this.#closing.signal.aborted && channel ? () => this.#closeChannel(channel!) : undefined,
      )
    }
  }

  async #openChannel(connection: ChannelModel): Promise<ConfirmChannel> {
    const channel = await connection.createConfirmChannel()
    // What goes wrong while it is set up is thrown there, and says more.
    channel.on('error', () => {})
    await this.#plan.setUp(channel)
    channel.on('error', this.#lose)
    channel.on('close', () => this.#lose(new Error('the channel was closed')))
    return channel
  }

  async #closeChannel(channel: ConfirmChannel): Promise<void> {
    await this.#plan.wrapUp?.(channel)
    await channel.close()
  }

  #listen(connection: ChannelModel): void {
    connection.on('error', this.#lose)
    connection.on('close', error => this.#lose(error ?? new Error('the connection was closed')))
    connection.on('blocked', reason => {
      this.#state = { state: 'blocked', because: reason }
      this.#plan.report({
        level: 'warn',
        message: `RabbitMQ takes nothing from ${this.#plan.name} at present: ${reason}`,
      })
    })
    connection.on('unblocked', () => {
      this.#state = { state: 'connected' }
      this.#plan.report({ level: 'info', message: `RabbitMQ takes again from ${this.#plan.name}` })
    })
  }

  #reportConnected(): void {
    this.#state = { state: 'connected' }
    this.#reported = { text: '', at: 0 }
    const { hostname, port, vhost } = this.#options
    this.#plan.report({
      level: 'info',
      message: `${this.#plan.name} is connected to RabbitMQ at ${hostname}:${port}, vhost ${vhost}`,
    })
  }

  #reportTrouble(error: unknown): string {
    const trouble = troubleOf(error, this.#options)
    const text = trouble instanceof MakegoodError ? trouble.message : textOf(trouble)
    const now = Date.now()
    if (text !== this.#reported.text || now - this.#reported.at > reportAgainMs) {
      this.#reported = { text, at: now }
      const level = trouble.retryable ? 'warn' : 'error'
      this.#plan.report({ level, message: `${this.#plan.name}: ${text}`, cause: trouble })
    }
    return text
  }
}

function addressOf(options: ResolvedOptions) {
  return {
    protocol: options.tls ? 'amqps' : 'amqp',
    hostname: options.hostname,
    port: options.port,
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
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>(resolve => {
    timer = setTimeout(resolve, closeMs)
  })
  await Promise.race([timeout, handshake().catch(() => {})])
  clearTimeout(timer)
  // With an error, or amqplib would not notice: it would go on with its heartbeat, and leave confirms unanswered.
  connection.on('error', () => {})
  socketOf(connection).destroy(new Error('closed by us'))
}
