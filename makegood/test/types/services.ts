// What a service cannot host, and what is no open transaction: with the types of pg and Kysely as they are published.
import type { Kysely, Transaction } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { handlersFor } from '../../src/definition/participant.ts'
import type { OpenTransaction, PgClient, Tx } from '../../src/definition/transaction.ts'
import type { ServiceOptions } from '../../src/engine/options.ts'
import { checkout, orderPlaced } from './shop.ts'

interface Tables {
  readonly orders: { readonly id: string }
}

declare function hosting<Db>(options: Pick<ServiceOptions<Db>, 'store' | 'hosts'>): void
declare function within<Open extends OpenTransaction>(transaction: Open): Tx<Open>

export function hosts(pg: ServiceOptions<PgClient>['store'], kysely: ServiceOptions<Kysely<Tables>>['store']): void {
  const written = [handlersFor<PgClient>().on(orderPlaced, async () => {})]
  hosting({ store: pg, hosts: [...written, checkout] })
  // @ts-expect-error handlers written for pg, and a store that gives Kysely
  hosting({ store: kysely, hosts: written })
}

export function joins(client: PoolClient, pool: Pool, trx: Transaction<Tables>, db: Kysely<Tables>): void {
  void [within(trx), within(client)]
  // @ts-expect-error a Kysely that is no transaction
  within(db)
  // @ts-expect-error a pool is no transaction
  within(pool)
}

/** drizzle-orm 0.44, pg-core, by shape. */
interface Drizzle {
  readonly _: {
    readonly session: {
      prepareQuery<T>(
        query: { sql: string; params: unknown[] },
        fields: undefined | object,
        name: string | undefined,
        isResponseInArrayMode: boolean,
      ): { execute(values?: Record<string, unknown>): Promise<T> }
    }
  }
  insert(table: string): { values(row: object): Promise<unknown> }
  transaction<T>(work: (tx: DrizzleTx) => Promise<T>): Promise<T>
}
interface DrizzleTx extends Drizzle {
  rollback(): never
}

export function joinsDrizzle(drizzle: Drizzle, tx: DrizzleTx): void {
  void within(tx)
  // @ts-expect-error a Drizzle that is no transaction
  within(drizzle)
}
