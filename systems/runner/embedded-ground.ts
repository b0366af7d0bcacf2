import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type EmbeddedTransport, embedded } from 'makegood/embedded'
import { pglite } from 'makegood/pglite'
import { databaseOf } from './database.ts'
import { Trouble } from './environment.ts'
import type { Ground } from './ground.ts'

/** PGlite on disk, a folder for each database, and messages that stay in this process. */
export function embeddedGround(folder: string, { fresh }: { readonly fresh: boolean }): EmbeddedGround {
  const folderOf = (database: string) => join(folder, database)
  const begun = new Set<string>()
  return {
    embedded: true,
    transport: embedded(),
    open(database, service) {
      const store = pglite({ dataDir: folderOf(database) })
      return { store, database: databaseOf(store, service) }
    },
    prepare: async database => {
      // A service that starts again goes on with what it has.
      if (fresh && !begun.has(database)) await empty(folderOf(database))
      begun.add(database)
    },
    close: async () => {},
  }
}

export interface EmbeddedGround extends Ground {
  readonly transport: EmbeddedTransport
}

/** @throws Trouble, if a process uses it. */
async function empty(folder: string): Promise<void> {
  const owner = ownerOf(`${folder}.lock`)
  if (owner !== undefined)
    throw new Trouble(`The data folder ${folder} is used by process ${owner}: stop it before you begin anew.`)
  await rm(folder, { recursive: true, force: true })
}

function ownerOf(lock: string): number | undefined {
  if (!existsSync(lock)) return undefined
  try {
    const { pid } = JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }
    return process.kill(pid, 0) ? pid : undefined
  } catch {
    return undefined
  }
}
