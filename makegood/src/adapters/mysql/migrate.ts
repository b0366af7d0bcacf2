import { MakegoodError } from '../../model/errors.ts'
import {
  amongServices,
  lockSecondsMax,
  type Migration,
  refuseWhatDiffers,
  type ShippedMigration,
  shippedMigrations,
} from '../shipped-migrations.ts'
import { numberOf, textOf } from '../stored-rows.ts'
import type { Value } from './client.ts'
import { classify } from './errors.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

/**
 * Applies what is not applied yet, one process at a time. MySQL has no transaction for tables: a process that dies in
 * the middle of a migration leaves half of it, and so each of its statements can be said again.
 */
export function migrate(sessions: Sessions): Promise<void> {
  return amongServices(() => applyMissing(sessions), classify)
}

async function applyMissing(sessions: Sessions): Promise<void> {
  const shipped = await shippedMigrations('mysql')
  const session = await sessions.take()
  let isClean = false
  try {
    isClean = await isUpToDate(session, shipped)
    if (!isClean) await apply(session, shipped)
  } finally {
    // What is dropped gives the lock back too, and has not changed how long others wait for theirs.
    session.release(isClean)
  }
}

async function apply(session: Session, shipped: readonly ShippedMigration[]): Promise<void> {
  await session.tell(ledger)
  await takeLock(session)
  await session.tell(`set session lock_wait_timeout = ${lockSecondsMax}`)
  const applied = await appliedMigrations(session)
  refuseWhatDiffers(applied, shipped)
  for (const { number, name, checksum, sql } of shipped.slice(applied.length)) {
    for (const statement of statementsIn(sql)) await session.tell(statement)
    const text = `insert into makegood_migration (number, name, checksum) values (?, ?, ?)`
    await ask(session, text, String(number), name, checksum)
  }
  await ask(session, `select release_lock(${lockName})`)
}

async function takeLock(session: Session): Promise<void> {
  const [row] = await ask(session, `select cast(get_lock(${lockName}, ${lockSeconds}) as char) as taken`)
  if (row?.['taken'] === '1') return
  throw new MakegoodError(
    'STORE_UNAVAILABLE',
    `Another process has been migrating the database for ${lockSeconds} s; it is tried again.`,
  )
}

/** Of this database: a server has one such name for all of them, of 64 characters at the most. */
const lockName = `concat('makegood:migrate:', left(sha2(database(), 256), 40))`
const lockSeconds = 15

const ledger = `
create table if not exists makegood_migration (
  number integer primary key,
  name varchar(200) not null,
  checksum varchar(64) not null,
  applied_at timestamp not null default current_timestamp
) engine = InnoDB default character set utf8mb4`

/** The usual case, in which a user who may only read and write is enough. */
async function isUpToDate(session: Session, shipped: readonly ShippedMigration[]): Promise<boolean> {
  const found = await ask(
    session,
    `select 'yes' as found
     from information_schema.tables
     where table_schema = database()
       and table_name = 'makegood_migration'`,
  )
  if (found.length === 0) return false
  const applied = await appliedMigrations(session)
  refuseWhatDiffers(applied, shipped)
  return applied.length === shipped.length
}

async function appliedMigrations(session: Session): Promise<readonly Migration[]> {
  const rows = await ask(
    session,
    'select cast(number as char) as number, name, checksum from makegood_migration order by makegood_migration.number',
  )
  return rows.map(row => ({
    number: numberOf(row, 'number'),
    name: textOf(row, 'name'),
    checksum: textOf(row, 'checksum'),
  }))
}

/** The driver takes one at a time: each ends with a semicolon at the end of its line. */
function statementsIn(sql: string): readonly string[] {
  return sql.split(/;[^\S\n]*\n/).filter(statement => /^\s*[a-z]/im.test(statement))
}

async function ask(session: Session, text: string, ...values: readonly Value[]) {
  return (await session.send({ text, places: values.map((_value, at) => at) }, values)).rows
}
