import type { System } from '../../system.ts'
import type { Variables } from '../started.ts'
import type { Ask, Books } from './books.ts'
import type { Random } from './random.ts'
import type { Broker, Durability } from './servers/server.ts'

/** A system that is put under load and faults: what differs from one to the other. */
export interface Subject {
  readonly system: System
  /** Those of its services that run. */
  readonly services: readonly string[]
  /** How many processes each of them has from the start. */
  readonly processes: number
  /** Starts the one that they speak over. */
  broker(durability: Durability): Promise<Broker>
  /** Those of its databases that are not in PostgreSQL. @defaultValue none */
  readonly onMariadb?: readonly string[]
  /** What a process is told: where its servers are, and what else it needs to know. */
  variablesOf(place: Surroundings): Variables
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

/** What a process of a service finds where it runs. */
export interface Surroundings {
  /** Of its own database, under the documented name. */
  readonly databaseUrl: string
  readonly brokerUrl: string
  /** Where another service of the system answers. */
  readonly urlOf: (service: string) => string
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
  /** Answers the `id` of those of its only value, an array of ids, that have ended. */
  readonly ended: string
  /** Answers the `count` of those that have not. */
  readonly open: string
}
