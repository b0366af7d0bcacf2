import {
  amongServices,
  lockSecondsMax,
  type Migration,
  refuseWhatDiffers,
  type ShippedMigration,
  shippedMigrations,
} from '../shipped-migrations.ts'
import type { PgPool } from './client.ts'
import { classify } from './errors.ts'
import { Session } from './session.ts'

/** Where tables are made, and by what. */
export interface Migrations {
  readonly schema: string
  /** Of this package's folder of migrations. */
  readonly folder: string
}

/**
 * Applies what is not applied yet, in one transaction and one process at a time: the lock is taken before anything
 * else, for even `create schema if not exists` fails when two do it at once.
 */
export function migrate(pool: PgPool, migrations: Migrations): Promise<void> {
  return amongServices(() => applyMissing(pool, migrations), classify)
}

async function applyMissing(pool: PgPool, { schema, folder }: Migrations): Promise<void> {
  const shipped = await shippedMigrations(folder)
  const session = new Session(await pool.connect())
  try {
    if (await isUpToDate(session, schema, shipped)) return session.release()
    await session.tell('begin')
    await session.tell(`select pg_advisory_xact_lock(hashtextextended('makegood:migrate', 0))`)
    // Our look before the lock may have left this session sure that there is no such schema: it forgets that when it
    // opens a table.
    await session.tell('select from pg_catalog.pg_namespace limit 0')
    await session.tell(`set local lock_timeout = '${lockSecondsMax}s'`)
    await session.tell(ledgerIn(schema))
    const applied = await appliedMigrations(session, schema)
    refuseWhatDiffers(applied, shipped)
    for (const { number, name, checksum, sql } of shipped.slice(applied.length)) {
      await session.tell(sql)
      const values = [String(number), name, checksum]
      await session.send({
        name: '',
        text: `insert into ${schema}.migration (number, name, checksum) values ($1, $2, $3)`,
        values,
      })
    }
    await session.tell('commit')
    session.release()
  } catch (error) {
    // Not worth keeping: what it was doing is not known, and it has prepared nothing yet.
    session.release(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}

const ledgerIn = (schema: string): string => `
create schema if not exists ${schema};
create table if not exists ${schema}.migration (
  number integer primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
)`

/** The usual case, in which a user who may only read and write is enough. */
async function isUpToDate(session: Session, schema: string, shipped: readonly ShippedMigration[]): Promise<boolean> {
  const [found] = await session.send({
    name: '',
    text: 'select to_regclass($1)::text as found',
    values: [`${schema}.migration`],
  })
  if (!found?.['found']) return false
  const applied = await appliedMigrations(session, schema)
  refuseWhatDiffers(applied, shipped)
  return applied.length === shipped.length
}

async function appliedMigrations(session: Session, schema: string): Promise<readonly Migration[]> {
  const text = `select number::text, name, checksum from ${schema}.migration order by number`
  const rows = await session.send({ name: '', text, values: [] })
  return rows.map(row => ({ number: Number(row['number']), name: row['name']!, checksum: row['checksum']! }))
}
