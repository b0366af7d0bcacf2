import { poolAt } from '../adapters/postgres/pool-at.ts'
import { postgres } from '../adapters/postgres/postgres.ts'
import { MakegoodError, textOf } from '../model/errors.ts'

/**
 * What `service.start` does by itself unless it is told not to: for those whose services may not change tables.
 *
 * Resolves with host and name of the database.
 *
 * @throws MakegoodError `OPTION_INVALID`, `STORE_UNAVAILABLE`, `STORE_REFUSED`, `SCHEMA_NEWER`
 */
export async function migrateDatabase(databaseUrl: string, service: string): Promise<string> {
  const { pool, place } = await poolAt(databaseUrl, `makegood migrate ${service}`)
  const store = postgres({ pool }).open(service)
  try {
    await store.migrate()
    return place
  } catch (error) {
    throw withPlace(error, place)
  } finally {
    await store.close()
    await pool.end()
  }
}

function withPlace(error: unknown, place: string): unknown {
  if (!(error instanceof MakegoodError)) return error
  const says =
    error.code === 'STORE_UNAVAILABLE'
      ? `The database ${place} cannot be reached: ${textOf(error.cause)}`
      : `${place}: ${error.message}`
  return new MakegoodError(error.code, says, { cause: error })
}
