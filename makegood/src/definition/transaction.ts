import type { Headers } from '../model/message.ts'
import type { Event, MessageType } from './message.ts'
import type { Saga } from './saga.ts'

/** One transaction of a service's database. What is published or started in it happens if, and only if, it commits. */
export interface Tx<Db> {
  /** The user's own client, Kysely or Drizzle, bound to this transaction. */
  readonly db: Db
  /**
   * Publishes an event when this transaction commits.
   * @throws MakegoodError `PAYLOAD_INVALID`, naming the field that does not match the event's schema.
   */
  publish<Payload>(
    event: Event<MessageType, Payload>,
    payload: NoInfer<Payload>,
    options?: PublishOptions,
  ): Promise<{ readonly messageId: string }>
  /** Starts a saga. A second start with the same key starts nothing and gives the id of the first. */
  start<Data>(
    saga: Saga<string, Data>,
    data: NoInfer<Data>,
    options: StartOptions,
  ): Promise<{ readonly sagaId: string; readonly isNew: boolean }>
}

export interface PublishOptions extends TravellingHeaders {
  /** The saga that the event belongs to, or that it is to start. By default that of the message being handled. */
  readonly sagaId?: string
  /**
   * What the event is about: a product's id, say. Events with the same key reach a reader whose reactions are `inOrder`
   * in the order in which their transactions committed; one is published only when that before it was confirmed, and
   * transactions that publish for the same key wait for each other (protocol, rule 23). 1 to 200 characters.
   */
  readonly key?: string
}

export interface StartOptions extends TravellingHeaders {
  /** What makes the start idempotent: an order's id, say. */
  readonly key: string
}

export interface TravellingHeaders {
  /**
   * What travels with every message that follows from this one, beside what came with the message being handled:
   * tenant, user. Short, and of one line each.
   */
  readonly headers?: Headers
}

/** A transaction that the user opened, known by its shape. */
export type OpenTransaction = PgTransaction | MysqlTransaction | KyselyTransaction | DrizzleTransaction

/** node-postgres `PoolClient`, PGlite `Transaction`. */
export interface PgClient {
  query<Row>(text: string, values?: unknown[]): Promise<{ readonly rows: Row[] }>
}

/** A client with a transaction begun on it, told by what it has not: statements to a pool go to any of its connections. */
export interface PgTransaction extends PgClient {
  /** A node-postgres `Pool` has this. */
  readonly totalCount?: never
  /** A `PGlite` outside a transaction has this. */
  readonly transaction?: never
}

/** A connection of `mysql2/promise`. */
export interface MysqlClient {
  query<Answer = unknown>(sql: unknown, values?: unknown): Promise<[Answer, unknown]>
  execute<Answer = unknown>(sql: unknown, values?: unknown): Promise<[Answer, unknown]>
}

/** A connection with a transaction begun on it, told by what it has not: statements to a pool go to any of its connections. */
export interface MysqlTransaction extends MysqlClient {
  /** A `Pool` has this. */
  readonly getConnection?: never
}

/** Kysely `Transaction<DB>`; `isTransaction` tells it from a bare `Kysely<DB>`. */
export interface KyselyTransaction {
  readonly isTransaction: true
  executeQuery(query: never): Promise<{ readonly rows: unknown[] }>
}

/** Drizzle `PgTransaction`; `rollback` tells it from a bare database. */
export interface DrizzleTransaction {
  readonly _: {
    readonly session: {
      prepareQuery(
        query: never,
        fields: undefined,
        name: undefined,
        arrayMode: boolean,
      ): { execute(): Promise<unknown> }
    }
  }
  rollback(): never
}
