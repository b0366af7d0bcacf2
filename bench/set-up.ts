import type { Books } from './shop/books.ts'
import type { Order, Outcome } from './shop/order.ts'

/** One way to run the order saga. */
export interface SetUp {
  readonly name: string
  readonly whose: 'makegood' | 'peer'
  /** For the tables: what runs where. */
  readonly topology: string
  /** Exports `start`, relative to `bench/`. */
  readonly module: string
  /** None, one that all share, or one for each of stock, payment, shipping and orders. */
  readonly databases: 'none' | 'one' | 'each'
  /** Of the databases: PostgreSQL's, or that of MySQL and MariaDB. @defaultValue 'postgres' */
  readonly dialect?: 'postgres' | 'mysql'
  readonly broker: 'rabbitmq' | 'kafka' | 'none'
  /** How many different products are ordered. @defaultValue 1 000 */
  readonly skus?: number
  /** How many processes the stock service has. @defaultValue 1 */
  readonly replicas?: number
  /** Makegood's transport packs messages to one destination into one. @defaultValue false */
  readonly packed?: boolean
  /** Of RabbitMQ; classic is what the naive chain has. @defaultValue 'classic' */
  readonly queueType?: 'quorum' | 'classic'
  /** Measured with these numbers of orders in flight only. @defaultValue those of the run */
  readonly inFlight?: readonly number[]
}

/** What the client process hands to the set-up's module; it travels as JSON. */
export interface Environment {
  readonly setUp: SetUp
  readonly databases: { readonly [domain in Domain]: string } | undefined
  /** A URL of RabbitMQ, or `host:port` of Kafka. */
  readonly brokerAddress: string | undefined
  /** Empty, of this run's own. */
  readonly folder: string
  /** Where operations are served, by set-ups that do. */
  readonly operationsPort?: number
}

export type Domain = 'orders' | 'stock' | 'payment' | 'shipping'
export const domains: readonly Domain[] = ['orders', 'stock', 'payment', 'shipping']

export type Start = (environment: Environment) => Promise<Running>

export interface Running {
  /** One order from its beginning to its end: resolves when the client knows the outcome. */
  order(order: Order): Promise<Outcome>
  /** Counted after the last order has ended. */
  books(): Promise<Books>
  stop(): Promise<void>
}
