import type { Pool } from 'pg'
import { MakegoodError } from '../../model/errors.ts'

export interface PoolAt {
  readonly pool: Pool
  /** Where it leads, without user and password. */
  readonly place: string
}

/**
 * A pool of one connection for a command that does one thing and ends.
 *
 * @throws MakegoodError `OPTION_INVALID` if the URL is none, or if `pg` is not installed.
 */
export async function poolAt(databaseUrl: string, applicationName: string): Promise<PoolAt> {
  const place = placeIn(databaseUrl)
  const { Pool } = await driver()
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: applicationName,
    max: 1,
    connectionTimeoutMillis: 10_000,
  })
  pool.on('error', () => {}) // a connection lost while idle is met again by whoever uses the pool
  return { pool, place }
}

function placeIn(databaseUrl: string): string {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new MakegoodError(
      'OPTION_INVALID',
      'The database URL is not of the form postgres://user:password@host:5432/database.',
    )
  }
  return `${url.host}${url.pathname}`
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
