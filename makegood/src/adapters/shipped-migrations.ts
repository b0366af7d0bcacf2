import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { MakegoodError } from '../model/errors.ts'
import { systemClock } from '../ports/clock.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  /** Of its text. */
  readonly checksum: string
}

export interface ShippedMigration extends Migration {
  readonly sql: string
}

/** Those in one of the folders that this package brings with it, in their order. */
export async function shippedMigrations(folder: string): Promise<readonly ShippedMigration[]> {
  const url = new URL(`../../migrations/${folder}/`, import.meta.url)
  const names = (await readdir(url)).filter(name => /^\d{4}-.*\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async name => {
      const sql = (await readFile(new URL(name, url), 'utf8')).replaceAll('\r\n', '\n')
      return { number: Number(name.slice(0, 4)), name, checksum: createHash('sha256').update(sql).digest('hex'), sql }
    }),
  )
}

/** @throws MakegoodError `SCHEMA_NEWER`, `SCHEMA_CHANGED` */
export function refuseWhatDiffers(applied: readonly Migration[], shipped: readonly ShippedMigration[]): void {
  applied.forEach((migration, index) => {
    const ours = shipped[index]
    if (!ours) {
      throw new MakegoodError(
        'SCHEMA_NEWER',
        `The database has makegood's migration ${migration.name}, and this version ends at ${shipped.at(-1)?.name}: update makegood in this service.`,
      )
    }
    if (ours.number !== migration.number || ours.checksum !== migration.checksum) {
      throw new MakegoodError(
        'SCHEMA_CHANGED',
        `The database was migrated by ${migration.name}, and this version ships another ${ours.name}: install the version that made the database, or one after it.`,
      )
    }
  })
}

/**
 * Changes tables that services use: they wait for each other, and what comes to no end is begun anew.
 *
 * @throws MakegoodError `STORE_UNAVAILABLE` if its turn never comes
 */
export async function amongServices(apply: () => Promise<void>, classify: (error: unknown) => string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await apply()
    } catch (error) {
      if (classify(error) !== 'conflict') throw error
      if (tries === triesMax) throw new MakegoodError('STORE_UNAVAILABLE', neverFree, { cause: error })
      await systemClock.sleep(systemClock.random() * pauseMsMax)
    }
  }
}

/** How long a change waits for a table. All who come to the table later wait for the change. */
export const lockSecondsMax = 1
const triesMax = 60
const pauseMsMax = 1_000
const neverFree = `The tables are in use by others: ${triesMax} times a change of them did not get its turn.`
