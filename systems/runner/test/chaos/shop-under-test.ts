import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'amqplib'
import { type PostgresServer, startOwnPostgres } from '../../../../scripts/servers/postgres.ts'
import { type RabbitmqServer, startOwnRabbitmq } from '../../../../scripts/servers/rabbitmq.ts'
import { type Ask, askAt, type Books, urlOf } from './books.ts'
import { Customers, type CustomersOptions } from './customers.ts'
import { Echo } from './echo.ts'
import { Ends } from './ends.ts'
import { Fleet } from './fleet.ts'
import { leftOver } from './left-over.ts'
import type { Random } from './random.ts'
import type { Subject } from './subject.ts'

/** A system with servers of its own, which may be killed as well. */
export class ShopUnderTest {
  readonly subject: Subject
  readonly postgres: PostgresServer
  readonly rabbitmq: RabbitmqServer
  readonly fleet: Fleet
  readonly ask: Ask
  readonly #ends: Ends

  private constructor(subject: Subject, postgres: PostgresServer, rabbitmq: RabbitmqServer, fleet: Fleet) {
    this.subject = subject
    this.postgres = postgres
    this.rabbitmq = rabbitmq
    this.fleet = fleet
    this.ask = askAt(postgres.url)
    this.#ends = new Ends(urlOf(postgres.url, subject.orders.database), subject.orders.ended)
  }

  /** @param fsync whether PostgreSQL waits for the disk */
  static async open(subject: Subject, { fsync }: { readonly fsync: boolean }): Promise<ShopUnderTest> {
    const [postgres, rabbitmq] = await Promise.all([startOwnPostgres({ fsync }), startOwnRabbitmq()])
    try {
      const fleet = await Fleet.start(subject, { postgresUrl: postgres.url, amqpUrl: rabbitmq.url })
      await subject.prepare(askAt(postgres.url))
      return new ShopUnderTest(subject, postgres, rabbitmq, fleet)
    } catch (error) {
      await Promise.all([postgres.stop(), rabbitmq.stop()])
      throw error
    }
  }

  customers(options: Omit<CustomersOptions, 'orders' | 'urls' | 'ends'>): Customers {
    const { orders } = this.subject
    const urls = () => this.fleet.of(orders.service).map(({ url }) => url)
    return new Customers({ ...options, orders, urls, ends: this.#ends })
  }

  echo(random: Random): Echo {
    return new Echo(this.rabbitmq.url, this.subject, random)
  }

  /** Leaves everything alone until nothing is on its way, for `ms` at the most. Resolves with how long it took. */
  async settled(ms: number, say: (text: string) => void): Promise<number> {
    const begunAt = performance.now()
    for (;;) {
      const left = await this.#left().catch(error => [String(error)])
      const tookMs = performance.now() - begunAt
      // What is not over in time is found by the count.
      if (left.length === 0 || tookMs > ms) return tookMs
      say(`settling for ${(tookMs / 1_000).toFixed(0)} s: ${left.join(', ')}`)
      await pause(1_000)
    }
  }

  async books(): Promise<Books> {
    const { givenUp } = this.subject
    const [counted, left, queues] = [
      await this.subject.count(this.ask),
      await leftOver(this.ask, this.subject),
      await this.#queues(),
    ]
    const isGivenUp = (letter: string) =>
      givenUp !== undefined &&
      letter.startsWith(`${givenUp.database}: `) &&
      givenUp.identity.test(letter.slice(givenUp.database.length + 2))
    const books: Books = {
      ...counted,
      deadLetters: left.deadLetters.filter(letter => !isGivenUp(letter)),
      givenUp: left.deadLetters.filter(isGivenUp),
    }
    const wrong = [...books.wrong, ...onItsWay(left.counts).map(what => `${what} are left`), ...this.#unread(queues)]
    const copies = givenUp === undefined ? 0 : await this.#messagesIn(givenUp.queue)
    if (copies < books.givenUp.length) wrong.push(`of ${books.givenUp.length} given up only ${copies} have a copy`)
    return { ...books, wrong }
  }

  async close(): Promise<void> {
    await this.#ends.stop()
    await this.fleet.stop()
    await Promise.all([this.postgres.stop(), this.rabbitmq.stop()])
  }

  /** The tables first: asking the broker costs a second. A queue that was filled since is seen the next time. */
  async #left(): Promise<readonly string[]> {
    const left = onItsWay((await leftOver(this.ask, this.subject)).counts)
    return left.length > 0 ? left : this.#unread(await this.#queues())
  }

  #unread(queues: ReadonlyMap<string, number>): readonly string[] {
    return [...queues]
      .filter(([queue, count]) => count > 0 && queue !== this.subject.givenUp?.queue)
      .map(([queue, count]) => `${count} messages in ${queue}`)
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

function onItsWay(counts: { readonly [what: string]: number }): readonly string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
}
