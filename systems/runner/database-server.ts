import type { PgClient, Store } from 'makegood'

/** Where a database is, and who uses it. */
export interface DatabaseAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A kind of database server: how it is reached, and what its refusals mean. */
export interface DatabaseServer {
  readonly name: string
  /** A pool of connections, and makegood's store on it; nothing is connected yet. */
  open(address: DatabaseAddress): Opened
  /** Connects, and says the statement if there is one. */
  connect(address: DatabaseAddress, statement?: string): Promise<void>
  /** What an error of `connect` means: the database is not there, the user may not use it, or try again. */
  meaningOf(error: unknown): 'missing' | 'refused' | 'away'
  /** Makes the database; one that others have made in the meantime is no error. */
  create(address: DatabaseAddress): Promise<void>
  /** Makes or fills a table, one process at a time, where makegood's transactions cannot: undefined if they can. */
  readonly define?: (address: DatabaseAddress, statement: string) => Promise<void>
}

export interface Opened {
  readonly store: Store<PgClient>
  end(): Promise<void>
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
