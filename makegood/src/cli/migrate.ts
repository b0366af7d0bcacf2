import { type Command, Option } from 'commander'
import { mysql } from '../adapters/mysql/mysql.ts'
import { poolAt as mysqlPoolAt } from '../adapters/mysql/pool-at.ts'
import { poolAt as postgresPoolAt } from '../adapters/postgres/pool-at.ts'
import { postgres } from '../adapters/postgres/postgres.ts'
import { MakegoodError, textOf } from '../model/errors.ts'
import type { Store } from '../ports/store.ts'
import { saidOrInFile } from './in-file.ts'
import type { Desk } from './terminal.ts'

export function migrateCommand({ terminal: { out } }: Desk, makegood: Command): void {
  makegood
    .command('migrate')
    .description("Bring makegood's tables in a service's database to the version of this makegood.")
    .addOption(
      new Option(
        '--database-url <url>',
        'where the database is: postgres://user:password@host:5432/database or mysql://…',
      ).env('DATABASE_URL'),
    )
    .addOption(new Option('--database-url-file <path>', 'the file in which that stands').env('DATABASE_URL_FILE'))
    .option(
      '--service <name>',
      'the service it belongs to, shown to whoever looks at its connections in PostgreSQL',
      'makegood',
    )
    .option('--json', 'answer with one line of JSON')
    .action(async ({ service, json }: MigrateFlags, migrate: Command) => {
      const databaseUrl = saidOrInFile(migrate, 'databaseUrl', 'The database URL')
      if (databaseUrl === undefined) throw new MakegoodError('OPTION_INVALID', databaseMissing)
      const database = await migrateDatabase(databaseUrl, service)
      out(json === true ? `${JSON.stringify({ ok: true, database })}\n` : `${database} is up to date.\n`)
    })
}

const databaseMissing =
  'Say where the database is: --database-url postgres://user:password@host:5432/database, or in a file with --database-url-file.'

interface MigrateFlags {
  readonly service: string
  readonly json?: true
}

/**
 * What `service.start` does by itself unless it is told not to: for those whose services may not change tables.
 *
 * Resolves with host and name of the database.
 *
 * @throws MakegoodError `OPTION_INVALID`, `STORE_UNAVAILABLE`, `STORE_REFUSED`, `SCHEMA_NEWER`
 */
async function migrateDatabase(databaseUrl: string, service: string): Promise<string> {
  const { place, open } = databaseAt(databaseUrl)
  const { store, end } = await open(databaseUrl, service)
  try {
    await store.open(service).migrate()
    return place
  } catch (error) {
    throw withPlace(error, place)
  } finally {
    await end()
  }
}

interface Opened {
  readonly store: Store<unknown>
  end(): Promise<void>
}

type Open = (databaseUrl: string, service: string) => Promise<Opened>

/** Where it leads, without user and password, and what is there. */
function databaseAt(databaseUrl: string): { readonly place: string; readonly open: Open } {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined
  const open = databases.get(url?.protocol ?? '')
  if (url === undefined || open === undefined) {
    throw new MakegoodError(
      'OPTION_INVALID',
      'The database URL is not of the form postgres://user:password@host:5432/database or mysql://user:password@host:3306/database.',
    )
  }
  return { place: `${url.host}${url.pathname}`, open }
}

const openPostgres: Open = async (databaseUrl, service) => {
  const pool = await postgresPoolAt(databaseUrl, `makegood migrate ${service}`)
  return { store: postgres({ pool }), end: () => pool.end() }
}

const openMysql: Open = async databaseUrl => {
  const pool = await mysqlPoolAt(databaseUrl)
  return { store: mysql({ pool }), end: () => pool.end() }
}

const databases: ReadonlyMap<string, Open> = new Map([
  ['postgres:', openPostgres],
  ['postgresql:', openPostgres],
  ['mysql:', openMysql],
  ['mariadb:', openMysql],
])

function withPlace(error: unknown, place: string): unknown {
  if (!(error instanceof MakegoodError)) return error
  const says =
    error.code === 'STORE_UNAVAILABLE'
      ? `The database ${place} cannot be reached: ${textOf(error.cause)}`
      : `${place}: ${error.message}`
  return new MakegoodError(error.code, says, { cause: error })
}
