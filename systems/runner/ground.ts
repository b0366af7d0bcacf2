import type { PgClient, Store, Transport } from 'makegood'
import type { Database } from './database.ts'

/** Where services keep their data, and how they reach each other. */
export interface Ground {
  /** All of it is in one process, for the one person in front of it: nothing that an environment would have to set. */
  readonly embedded: boolean
  readonly transport: Transport
  /** Needs no server yet. */
  open(database: string, service: string): { readonly store: Store<PgClient>; readonly database: Database }
  /** Waits until the database can be used, and creates it where it is missing. */
  prepare(database: string, signal: AbortSignal): Promise<void>
  /** After all services have stopped. */
  close(): Promise<void>
}
