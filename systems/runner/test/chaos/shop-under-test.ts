import { setTimeout as pause } from 'node:timers/promises'
import type { Ask, Books } from './books.ts'
import { Customers, type CustomersOptions } from './customers.ts'
import { Databases } from './databases.ts'
import { Echo } from './echo.ts'
import { Ends } from './ends.ts'
import { Fleet } from './fleet.ts'
import { leftOver } from './left-over.ts'
import type { Random } from './random.ts'
import type { Broker, Durability, Server } from './servers/server.ts'
import type { Subject } from './subject.ts'

/** A system with servers of its own, which may be killed as well. */
export class ShopUnderTest {
  readonly subject: Subject
  readonly fleet: Fleet
  readonly #databases: Databases
  readonly #broker: Broker
  readonly #ends: Ends

  private constructor(subject: Subject, databases: Databases, broker: Broker, fleet: Fleet) {
    this.subject = subject
    this.fleet = fleet
    this.#databases = databases
    this.#broker = broker
    const { database, ended } = subject.orders
    this.#ends = new Ends(() => databases.open(database), ended)
  }

  static async open(subject: Subject, durability: Durability): Promise<ShopUnderTest> {
    const [databases, broker] = await Promise.all([
      Databases.start(subject.onMariadb ?? [], durability),
      subject.broker(durability),
    ])
    try {
      const databaseUrlOf = (database: string) => databases.urlOf(database)
      const fleet = await Fleet.start(subject, { databaseUrlOf, brokerUrl: broker.url })
      await subject.prepare(databases.ask)
      return new ShopUnderTest(subject, databases, broker, fleet)
    } catch (error) {
      await Promise.all([databases.stop(), broker.stop()])
      throw error
    }
  }

  /** Those that may be restarted. */
  get servers(): readonly Server[] {
    return [...this.#databases.servers, this.#broker]
  }

  get ask(): Ask {
    return this.#databases.ask
  }

  customers(options: Omit<CustomersOptions, 'orders' | 'urls' | 'ends'>): Customers {
    const { orders } = this.subject
    const urls = () => this.fleet.of(orders.service).map(({ url }) => url)
    return new Customers({ ...options, orders, urls, ends: this.#ends })
  }

  echo(random: Random): Echo {
    const { endIn } = this.subject
    return new Echo(this.#broker, endIn, random)
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
      await leftOver(this.#databases, this.subject),
      await this.#broker.unread(),
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
    const copies = givenUp === undefined ? 0 : await this.#broker.messagesIn(givenUp.queue)
    if (copies < books.givenUp.length) wrong.push(`of ${books.givenUp.length} given up only ${copies} have a copy`)
    return { ...books, wrong }
  }

  async close(): Promise<void> {
    await this.#ends.stop()
    await this.fleet.stop()
    await Promise.all(this.servers.map(server => server.stop()))
  }

  /** The tables first: asking the broker costs a second. A queue that was filled since is seen the next time. */
  async #left(): Promise<readonly string[]> {
    const left = onItsWay((await leftOver(this.#databases, this.subject)).counts)
    return left.length > 0 ? left : this.#unread(await this.#broker.unread())
  }

  #unread(queues: ReadonlyMap<string, number>): readonly string[] {
    return [...queues]
      .filter(([queue, count]) => count > 0 && queue !== this.subject.givenUp?.queue)
      .map(([queue, count]) => `${count} messages in ${queue}`)
  }
}

function onItsWay(counts: { readonly [what: string]: number }): readonly string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
}
