import { createDatabase, dropDatabase } from '../../scripts/servers/postgres.ts'

let made = 0

/** Makes an empty database on the server that all tests share. */
export async function ownDatabase(serverUrl: string, purpose: string): Promise<OwnDatabase> {
  made += 1
  const name = `${purpose}_${process.pid}_${made}`
  return { url: await createDatabase(serverUrl, name), drop: () => dropDatabase(serverUrl, name) }
}

export interface OwnDatabase {
  readonly url: string
  /** Ends who still uses it. What is not dropped goes with the server. */
  drop(): Promise<void>
}
