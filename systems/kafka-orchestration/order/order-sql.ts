import {
  type Compilable,
  type Dialect,
  DummyDriver,
  type Generated,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import type { PgClient } from 'makegood'

/** The tables of `tables.sql`, which is written in what MySQL and PostgreSQL have in common. */
export interface OrderTables {
  readonly users: { readonly id: number }
  readonly products: { readonly id: number; readonly price_cents: number }
  readonly orders: {
    readonly id: string
    readonly user_id: number
    readonly product_id: number
    readonly price_cents: number
    readonly status: OrderStatus
    readonly placed_at: Generated<Date>
  }
}

export type OrderStatus = 'ORDER_CREATED' | 'ORDER_COMPLETED' | 'ORDER_CANCELLED'

/** Writes statements in the dialect of the service's database; `rowsOf` says them in a transaction of makegood's. */
export type OrderSql = Kysely<OrderTables>

/** For a store of this name: MySQL on servers, PGlite embedded. */
export function orderSql(store: string): OrderSql {
  return new Kysely({ dialect: store === 'mysql' ? mysql : postgres })
}

export async function rowsOf<Row>(db: PgClient, statement: Compilable<Row>): Promise<readonly Row[]> {
  const { sql, parameters } = statement.compile()
  const { rows } = await db.query<Row>(sql, [...parameters])
  return rows
}

const mysql: Dialect = {
  createAdapter: () => new MysqlAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: db => new MysqlIntrospector(db),
  createQueryCompiler: () => new MysqlQueryCompiler(),
}

const postgres: Dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: db => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
}
