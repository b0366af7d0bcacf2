import type { PgClient } from 'makegood'
import type { AdminTable, Table, Values } from './table.ts'

/** How long it is known what was done. */
const logDays = 365

/** One thing that was done. */
export interface Action {
  readonly action: 'add' | 'change' | 'delete' | 'redrive'
  readonly key: string
  readonly before?: Values
  readonly after?: Values
}

/** Who does it, and from where. */
export interface Actor {
  readonly account: string
  readonly address: string
}

export async function enterAction(
  db: PgClient,
  table: Table,
  { account, address }: Actor,
  done: Action,
): Promise<void> {
  const { action, key, before, after } = done
  await db.query(enter, [account, address, action, table.name, key, jsonOf(before), jsonOf(after)])
}

export interface PastAction extends Action, Actor {
  readonly at: string
}

/** What was done with a row, the last of it. */
export async function actionsOn(db: PgClient, table: Table, key: string): Promise<readonly PastAction[]> {
  const { rows } = await db.query<PastAction>(ofRow, [table.name, key])
  return rows
}

/** The log is a table as the others are. */
export const logTable: AdminTable = {
  table: 'admin_log',
  title: 'Action log',
  about: 'Who did what here, when, and what was before and after it.',
  list: ['at', 'account', 'address', 'action', 'table_name', 'row_key'],
  search: ['row_key', 'account', 'address'],
  filter: ['action', 'table_name', 'at'],
  sort: '-id',
  readOnly: true,
}

function jsonOf(values: Values | undefined): string | null {
  return values === undefined ? null : JSON.stringify(values)
}

/**
 * With every entry the oldest ones go whose time is over, some at a time, so that the log is as long as that time and no
 * longer. They are found by their number: no index on the time is needed.
 */
const enter = `
  with old as (
    select id
    from admin_log
    where id in (select id from admin_log order by id limit 100) and at < now() - interval '${logDays} days'
    for update skip locked
  ), forgotten as (
    delete from admin_log
    using old
    where admin_log.id = old.id
  )
  insert into admin_log (account, address, action, table_name, row_key, before, after)
  values ($1, $2, $3, $4, $5, $6, $7)
`

const ofRow = `
  select at::text, account, address, action, row_key as key, before, after
  from admin_log
  where table_name = $1 and row_key = $2
  order by id desc
  limit 20
`
