import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { MakegoodError } from '../../model/errors.ts'
import type { PgPool } from './client.ts'
import { Session } from './session.ts'

/**
 * Applies what is not applied yet, in one transaction and one process at a time: the lock is taken before anything
 * else, for even `create schema if not exists` fails when two do it at once.
 */
export async function migrate(pool: PgPool): Promise<void> {
  const shipped = await shippedMigrations()
  const session = new Session(await pool.connect())
  try {
    if (await isUpToDate(session, shipped)) return session.release()
    await session.tell('begin')
    await session.tell(`select pg_advisory_xact_lock(hashtextextended('makegood:migrate', 0))`)
    // Our look before the lock may have left this session sure that there is no such schema: it forgets that when it
    // opens a table.
    await session.tell('select from pg_catalog.pg_namespace limit 0')
    await session.tell(ledger)
    const applied = await appliedMigrations(session)
    refuseWhatDiffers(applied, shipped)
    for (const { number, name, checksum, sql } of shipped.slice(applied.length)) {
      await session.tell(sql)
      const values = [String(number), name, checksum]
      await session.send({
        name: '',
        text: 'insert into makegood.migration (number, name, checksum) values ($1, $2, $3)',
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

interface Migration {
  readonly number: number
  readonly name: string
  /** Of its text. */
  readonly checksum: string
}

interface ShippedMigration extends Migration {
  readonly sql: string
}

const ledger = `
create schema if not exists makegood;
create table if not exists makegood.migration (
  number integer primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
)`

const folder = new URL('../../../migrations/postgres/', import.meta.url)

async function shippedMigrations(): Promise<readonly ShippedMigration[]> {
  const names = (await readdir(folder)).filter(name => /^\d{4}-.*\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async name => {
      const sql = (await readFile(new URL(name, folder), 'utf8')).replaceAll('\r\n', '\n')
      return { number: Number(name.slice(0, 4)), name, checksum: createHash('sha256').update(sql).digest('hex'), sql }
    }),
  )
}

/** The usual case, in which a user who may only read and write is enough. */
async function isUpToDate(session: Session, shipped: readonly ShippedMigration[]): Promise<boolean> {
  const [found] = await session.send({
    name: '',
    text: `select to_regclass('makegood.migration')::text as found`,
    values: [],
  })
  if (!found?.['found']) return false
  const applied = await appliedMigrations(session)
  refuseWhatDiffers(applied, shipped)
  return applied.length === shipped.length
}

async function appliedMigrations(session: Session): Promise<readonly Migration[]> {
  const text = 'select number::text, name, checksum from makegood.migration order by number'
  const rows = await session.send({ name: '', text, values: [] })
  return rows.map(row => ({ number: Number(row['number']), name: row['name']!, checksum: row['checksum']! }))
}

function refuseWhatDiffers(applied: readonly Migration[], shipped: readonly ShippedMigration[]): void {
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
