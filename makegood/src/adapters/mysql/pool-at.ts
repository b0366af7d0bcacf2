import type { Pool } from 'mysql2/promise'
import { MakegoodError } from '../../model/errors.ts'

/**
 * A pool of one connection for a command that does one thing and ends.
 *
 * @throws MakegoodError `OPTION_INVALID` if `mysql2` is not installed.
 */
export async function poolAt(databaseUrl: string): Promise<Pool> {
  const { createPool } = await driver()
  // `mariadb:` is what some say; the driver knows one name for both.
  const uri = databaseUrl.replace(/^mariadb:/, 'mysql:')
  return createPool({ uri, connectionLimit: 1, connectTimeout: 10_000 })
}

async function driver(): Promise<typeof import('mysql2/promise')> {
  try {
    return await import('mysql2/promise')
  } catch (cause) {
    throw new MakegoodError(
      'OPTION_INVALID',
      'The package mysql2 is not installed: add it with `npm install mysql2`.',
      {
        cause,
      },
    )
  }
}
