import { join } from 'node:path'
import { embedded } from 'makegood/embedded'
import { pglite } from 'makegood/pglite'
import type { Ground } from './ground.ts'

/** PGlite on disk, a folder for each database, and messages that stay in this process. */
export function embeddedGround(folder: string): Ground {
  return {
    transport: embedded(),
    store: database => pglite({ dataDir: join(folder, database) }),
    prepare: async () => {},
    close: async () => {},
  }
}
