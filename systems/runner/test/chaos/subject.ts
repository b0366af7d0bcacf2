import type { System } from '../../system.ts'
import type { Variables } from '../started.ts'
import type { Ask, Books } from './books.ts'
import type { Random } from './random.ts'

/** A system that is put under load and faults: what differs from one to the other. */
export interface Subject {
  readonly system: System
  /** Those of its services that run. */
  readonly services: readonly string[]
  /** How many processes each of them has from the start. */
  readonly processes: number
  readonly exchange: string
  /** Where the servers are, beyond that what the processes need to be told. */
  variablesOf(servers: ServerUrls, urlOf: (service: string) => string): Variables
  readonly orders: Orders
  /** Puts the stock or the money there that the load is made for; before the first order. */
  prepare(ask: Ask): Promise<void>
  /** Counts everything: each effect of each order, money, stock. What is left over is counted for it. */
  count(ask: Ask): Promise<Omit<Books, 'deadLetters' | 'givenUp'>>
  /** Which end of which order a message tells of. */
  endIn?(routingKey: string, body: string): { readonly order: string; readonly end: string } | undefined
  /** The one place where the documentation gives up a message: those letters are no fault. */
  readonly givenUp?: { readonly queue: string; readonly database: string; readonly identity: RegExp }
}

export interface ServerUrls {
  readonly postgresUrl: string
  readonly amqpUrl: string
}

/** How orders are placed, and how their ends are seen. */
export interface Orders {
  readonly service: string
  readonly path: string
  /** What a customer wants this time. */
  wish(random: Random): object
  /** The id in the answer to a request. */
  idIn(answer: unknown): string
  /** By these headers an order that is asked for again is the same one; without them it may be a second. */
  keyed?(key: string): Readonly<Record<string, string>>
  readonly database: string
  /** Answers the ids of those of $1, an array of ids, that have ended. */
  readonly ended: string
  /** Answers the `count` of those that have not. */
  readonly open: string
}
