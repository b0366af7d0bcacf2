import type { Ask } from './books.ts'
import { mariadb } from './servers/mariadb.ts'
import { postgres } from './servers/postgres.ts'
import type { DatabaseServer, Durability, Session } from './servers/server.ts'

/** The databases of a system: in one PostgreSQL, but for those that are in a MariaDB. */
export class Databases {
  readonly servers: readonly DatabaseServer[]
  readonly #postgres: DatabaseServer
  readonly #others: ReadonlyMap<string, DatabaseServer>

  private constructor(postgres: DatabaseServer, others: ReadonlyMap<string, DatabaseServer>) {
    this.#postgres = postgres
    this.#others = others
    this.servers = [...new Set([postgres, ...others.values()])]
  }

  static async start(onMariadb: readonly string[], durability: Durability): Promise<Databases> {
    const first = await postgres(durability)
    if (onMariadb.length === 0) return new Databases(first, new Map())
    try {
      const other = await mariadb(durability)
      return new Databases(first, new Map(onMariadb.map(database => [database, other])))
    } catch (error) {
      await first.stop()
      throw error
    }
  }

  urlOf(database: string): string {
    return String(new URL(`/${database}`, this.#serverOf(database).url))
  }

  /** What the tables of makegood begin with in this database. */
  prefixOf(database: string): string {
    return this.#serverOf(database).prefix
  }

  open(database: string): Promise<Session> {
    return this.#serverOf(database).open(database)
  }

  /** In a session of its own: between two questions the server may have been restarted. */
  readonly ask: Ask = async (database, query) => {
    const session = await this.open(database)
    try {
      return await session.ask(query)
    } finally {
      await session.end().catch(() => {})
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map(server => server.stop()))
  }

  #serverOf(database: string): DatabaseServer {
    return this.#others.get(database) ?? this.#postgres
  }
}
