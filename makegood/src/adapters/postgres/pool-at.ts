import type { Pool } from 'pg'
import { MakegoodError } from '../../model/errors.ts'

/**
 * A pool of one connection for a command that does one thing and ends.
 *
 * @throws MakegoodError `OPTION_INVALID` if `pg` is not installed.
 */
export async function poolAt(databaseUrl: string, applicationName: string): Promise<Pool> {
  const { Pool } = await driver()
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: applicationName,
    max: 1,
    connectionTimeoutMillis: 10_000,
  })
  pool.on('error', () => {}) // a connection lost while idle is met again by whoever uses the pool
  return pool
}

async function driver(): Promise<{ readonly Pool: typeof Pool }> {
  try {
    return (await import('pg')).default
  } catch (cause) {
    throw new MakegoodError('OPTION_INVALID', 'The package pg is not installed: add it with `npm install pg`.', {
      cause,
    })
  }
}
