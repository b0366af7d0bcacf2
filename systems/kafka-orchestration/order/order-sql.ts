import {
  type Compilable,
  DummyDriver,
  type Generated,
  Kysely,
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

/** Kysely writes a statement in the dialect of the database; makegood's own transaction runs it. */
export interface OrderSql<Db> {
  readonly write: Kysely<OrderTables>
  run<Row>(db: Db, statement: Compilable<Row>): Promise<readonly Row[]>
}

export const postgresOrders: OrderSql<PgClient> = {
  write: new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: db => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
  async run<Row>(db: PgClient, statement: Compilable<Row>) {
    const { sql, parameters } = statement.compile()
    const { rows } = await db.query<Row>(sql, [...parameters])
    return rows
  },
}
