import type { PgClient } from 'makegood'
import type { ListQuery } from './list-query.ts'
import { columnOf, type Table, type Values } from './table.ts'
import { isTime } from './times.ts'

/** The SQL of the site. Names come from the catalogue and are quoted; values are parameters, compared and shown as text. */

export interface Row {
  readonly key: string
  /** Another one after every change. */
  readonly version: string
  readonly values: Values
}

export interface ListedRows {
  readonly rows: readonly Row[]
  /** How many there are, up to `rowsMax`. */
  readonly total: number
  /** Whether there are more than that. */
  readonly hasMore: boolean
}

export async function listRows(
  db: PgClient,
  table: Table,
  { search, filters, sort, page }: ListQuery,
): Promise<ListedRows> {
  const values: unknown[] = []
  const parameter = (value: unknown) => `$${values.push(value)}`
  const conditions = onlyThose(table, parameter)
  if (search !== '') {
    const pattern = parameter(`%${search.replace(/[\\%_]/g, '\\$&')}%`)
    conditions.push(`(${table.search.map(column => `${name(column)}::text ilike ${pattern}`).join(' or ')})`)
  }
  for (const [column, value] of Object.entries(filters)) conditions.push(narrowed(table, column, value, parameter))
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  await db.query(`set local statement_timeout = ${listMsMax}`)
  const { rows: counted } = await db.query<{ found: number }>(
    `select count(*)::int as found from (select from ${table.from} as listed ${where} limit ${rowsMax + 1}) as counted`,
    values,
  )
  const { found } = counted[0]!
  const order = sort.startsWith('-') ? 'desc' : 'asc'
  const sorted = columnOf(table, sort.replace(/^-/, ''))!
  const offset = (page - 1) * rowsOnPage
  // By the column and not by its text, which the list has under the same name.
  const statement = `
    select ${selected(table, table.list)}
    from ${table.from} as listed
    ${where}
    order by listed.${name(sorted.name)} ${order} ${sorted.isNullable ? 'nulls last' : ''}, listed.${name(table.key)} ${order}
    limit ${parameter(Math.max(0, Math.min(rowsOnPage, rowsMax - offset)))} offset ${parameter(offset)}
  `
  const { rows } = await db.query<SelectedRow>(statement, values)
  return { rows: rows.map(rowOf), total: Math.min(found, rowsMax), hasMore: found > rowsMax }
}

export const rowsOnPage = 25
/** How far a list is counted, and how many of its rows have pages: further on, whoever looks has to look for less. */
export const rowsMax = 10_000
/** How long one statement of a list may take: no person waits longer, and the service has other things to do. */
const listMsMax = 5_000

export async function findRow(
  db: PgClient,
  table: Table,
  key: string,
  { locked = false } = {},
): Promise<Row | undefined> {
  const values: unknown[] = [key]
  const conditions = [`${name(table.key)}::text = $1`, ...onlyThose(table, value => `$${values.push(value)}`)]
  const statement = `
    select ${selected(
      table,
      table.columns.map(column => column.name),
    )}
    from ${table.from} as found
    where ${conditions.join(' and ')}
    ${locked ? 'for update' : ''}
  `
  const { rows } = await db.query<SelectedRow>(statement, values)
  return rows.map(rowOf)[0]
}

/** What is to be found in a column, the first so many of it. */
export async function valuesIn(db: PgClient, table: Table, column: string): Promise<string[]> {
  const values: unknown[] = []
  const conditions = [`${name(column)} is not null`, ...onlyThose(table, value => `$${values.push(value)}`)]
  const statement = `
    select distinct ${name(column)}::text as value
    from ${table.from} as listed
    where ${conditions.join(' and ')}
    order by value
    limit 50
  `
  const { rows } = await db.query<{ value: string }>(statement, values)
  return rows.map(({ value }) => value)
}

/** Resolves with the key of the new row. */
export async function insertRow(db: PgClient, table: Table, values: Values): Promise<string> {
  const columns = Object.keys(values)
  const into =
    columns.length === 0
      ? 'default values'
      : `(${columns.map(name).join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`
  const statement = `insert into ${table.table} ${into} returning ${name(table.key)}::text as key`
  const { rows } = await db.query<{ key: string }>(statement, Object.values(values))
  return rows[0]!.key
}

export async function updateRow(db: PgClient, table: Table, key: string, values: Values): Promise<void> {
  const assignments = Object.keys(values).map((column, at) => `${name(column)} = $${at + 2}`)
  const statement = `update ${table.table} set ${assignments.join(', ')} where ${name(table.key)}::text = $1`
  await db.query(statement, [key, ...Object.values(values)])
}

export async function deleteRow(db: PgClient, table: Table, key: string): Promise<void> {
  await db.query(`delete from ${table.table} where ${name(table.key)}::text = $1`, [key])
}

/** Fails if the database cannot read the text as a value of the type. */
export async function readAs(db: PgClient, type: string, text: string): Promise<void> {
  await db.query(`select cast($1::text as ${type})`, [text])
}

function narrowed(table: Table, column: string, value: string, parameter: (value: unknown) => string): string {
  if (isTime(columnOf(table, column)!.type))
    return `${name(column)} > now() - make_interval(days => ${parameter(value)}::integer)`
  return `${name(column)}::text = ${parameter(value)}`
}

function onlyThose({ only, where }: Table, parameter: (value: unknown) => string): string[] {
  const same = Object.entries(only).map(([column, value]) => `${name(column)} = ${parameter(value)}`)
  return where === undefined ? same : [...same, where]
}

interface SelectedRow {
  readonly '.key': string
  readonly '.version': string
  readonly [column: string]: string | null
}

/** A dot in the names of what is not a column of the table: no column of ours has one. */
function selected(table: Table, columns: readonly string[]): string {
  const own = [`${name(table.key)}::text as ".key"`, 'xmin::text as ".version"']
  return [...own, ...columns.map(column => `${name(column)}::text as ${name(column)}`)].join(', ')
}

function rowOf({ '.key': key, '.version': version, ...values }: SelectedRow): Row {
  return { key, version, values }
}

function name(column: string): string {
  return `"${column.replaceAll('"', '""')}"`
}
