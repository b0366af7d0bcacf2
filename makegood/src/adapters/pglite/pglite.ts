import type { PgClient } from '../../definition/transaction.ts'
import type { Store } from '../../ports/store.ts'
import type { PgPool } from '../postgres/client.ts'
import { postgresStore } from '../postgres/store.ts'
import { tables } from '../postgres/upkeep.ts'
import { SessionPool } from './session-pool.ts'

export interface PgliteOptions<Db> {
  /** Where the data lives; for this process alone. @defaultValue a folder that is deleted when the store is closed */
  readonly dataDir?: string
  /** Makes the user's query builder from the client that holds the transaction. @defaultValue the client itself */
  readonly db?: (client: PgClient) => Db
  /** An empty database that new ones are copied from; it is made when absent. @defaultValue one in node_modules/.cache */
  readonly templateDir?: string
  /** How long to wait for the session while others have it, in milliseconds. @defaultValue 30 000 */
  readonly waitMsMax?: number
}

export interface PgliteStore<Db> extends Store<Db> {
  /** The service's own way to the database, outside handlers: a pool of one session. */
  readonly pool: PgPool
}

/**
 * Keeps everything in PGlite, which is PostgreSQL in this process: nothing to install, the same SQL, the same rows.
 * For development, tests, and what one process can do.
 *
 * What it promises less than a server: a commit does not wait for the disk (`fsync` is off), so that it survives the
 * death of the process and not a loss of power; there is one session, and transactions queue for it; a statement has
 * no time limit, and while it runs nothing else in this process does.
 */
export function pglite<Db = PgClient>(options: PgliteOptions<Db> = {}): PgliteStore<Db> {
  const { dataDir, templateDir, waitMsMax = 30_000, db = client => client as Db } = options
  const pool = new SessionPool(dataDir, templateDir, waitMsMax)
  const store = postgresStore({
    name: 'pglite',
    traits: { concurrent: false },
    pool,
    db,
    begin: 'begin',
    // There is nobody else to clean up after what was changed and deleted.
    upkeep: `vacuum (analyze) ${tables}`,
    close: async () => {},
  })
  let open = 0
  return {
    ...store,
    pool,
    open: service => {
      open++
      let isOpen = true
      const close = async () => {
        if (isOpen && --open === 0) await pool.close()
        isOpen = false
      }
      return { ...store.open(service), close }
    },
  }
}
