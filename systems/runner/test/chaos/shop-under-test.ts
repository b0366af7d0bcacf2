import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'amqplib'
import { type PostgresServer, startOwnPostgres } from '../../../../scripts/servers/postgres.ts'
import { type RabbitmqServer, startOwnRabbitmq } from '../../../../scripts/servers/rabbitmq.ts'
import { ask, type Books, countBooks, underWay, urlOf } from './books.ts'
import { Customers, type CustomersOptions } from './customers.ts'
import { Ends } from './ends.ts'
import { Fleet } from './fleet.ts'

/** A shop with servers of its own, which may be killed as well. */
export class ShopUnderTest {
  readonly postgres: PostgresServer
  readonly rabbitmq: RabbitmqServer
  readonly fleet: Fleet
  readonly #ends: Ends

  private constructor(postgres: PostgresServer, rabbitmq: RabbitmqServer, fleet: Fleet) {
    this.postgres = postgres
    this.rabbitmq = rabbitmq
    this.fleet = fleet
    this.#ends = new Ends(urlOf(postgres.url, 'order_db'))
  }

  static async open({ fsync, variables }: ShopUnderTestOptions): Promise<ShopUnderTest> {
    const [postgres, rabbitmq] = await Promise.all([startOwnPostgres({ fsync }), startOwnRabbitmq()])
    try {
      const fleet = await Fleet.start({ postgresUrl: postgres.url, amqpUrl: rabbitmq.url, variables })
      await ask(postgres.url, 'inventory_db', enoughOfMost)
      return new ShopUnderTest(postgres, rabbitmq, fleet)
    } catch (error) {
      await Promise.all([postgres.stop(), rabbitmq.stop()])
      throw error
    }
  }

  customers(options: Omit<CustomersOptions, 'ordersUrl' | 'ends'>): Customers {
    return new Customers({ ...options, ordersUrl: this.fleet.urlOf('order-service'), ends: this.#ends })
  }

  /** Leaves everything alone until nothing is on its way, for `ms` at the most. Resolves with how long it took. */
  async settled(ms: number, say: (text: string) => void): Promise<number> {
    const begunAt = performance.now()
    for (;;) {
      const left = await this.#leftOver().catch(error => [String(error)])
      const tookMs = performance.now() - begunAt
      // What is not over in time is found by the count.
      if (left.length === 0 || tookMs > ms) return tookMs
      say(`settling for ${(tookMs / 1_000).toFixed(0)} s: ${left.join(', ')}`)
      await pause(1_000)
    }
  }

  async books(): Promise<Books> {
    const books = await countBooks(this.postgres.url)
    const queues = await this.#queues()
    const copies = await this.#messagesIn('notification-service-queue.dead-letter')
    const wrong = [...books.wrong, ...unread(queues)]
    if (copies < books.givenUp.length) wrong.push(`of ${books.givenUp.length} given up only ${copies} have a copy`)
    return { ...books, wrong }
  }

  async close(): Promise<void> {
    await this.#ends.stop()
    await this.fleet.stop()
    await Promise.all([this.postgres.stop(), this.rabbitmq.stop()])
  }

  /** The tables first: asking the broker costs a second. A queue that was filled since is seen the next time. */
  async #leftOver(): Promise<readonly string[]> {
    const open = await underWay(this.postgres.url)
    const left = Object.entries(open).filter(([, count]) => count > 0)
    return left.length > 0 ? left.map(([what, count]) => `${count} ${what}`) : unread(await this.#queues())
  }

  /** Asked of the queue itself: what the broker lists of a quorum queue is as old as five seconds. */
  async #messagesIn(queue: string): Promise<number> {
    const connection = await connect(this.rabbitmq.url)
    try {
      const channel = await connection.createChannel()
      return (await channel.checkQueue(queue)).messageCount
    } finally {
      await connection.close()
    }
  }

  /** How many messages are in each queue, unacknowledged ones too, not long ago. */
  async #queues(): Promise<ReadonlyMap<string, number>> {
    const { vhost } = this.rabbitmq
    const listed = await this.rabbitmq.ctl('list_queues', '-p', vhost, '--no-table-headers', 'name', 'messages')
    const lines = listed.trim().split('\n')
    return new Map(
      lines.map(line => line.split('\t') as [string, string]).map(([name, count]) => [name, Number(count)]),
    )
  }
}

function unread(queues: ReadonlyMap<string, number>): readonly string[] {
  return [...queues]
    .filter(([queue, count]) => count > 0 && queue !== 'notification-service-queue.dead-letter')
    .map(([queue, count]) => `${count} messages in ${queue}`)
}

export interface ShopUnderTestOptions {
  /** Whether PostgreSQL waits for the disk. */
  readonly fsync: boolean
  /** The failure rates and delays of the providers. */
  readonly variables: { readonly [name: string]: string }
}

/** Of the laptop there are fifty, and nobody gets a thousand of them. */
const enoughOfMost = `update products set stock = 100000000 where name <> 'Laptop Pro 15'`
