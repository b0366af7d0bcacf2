import type { PgClient, Tx } from 'makegood'
import { type Column, type Constraint, describeTable } from './catalogue.ts'

/** What the admin site is told of a table. Everything else it reads from the table's own description. */
export interface AdminTable {
  /** As SQL has it, its schema before it if it is not on the search path. */
  readonly table: string
  /** In addresses. @defaultValue the table */
  readonly name?: string
  /** How its rows are called, in the plural. */
  readonly title: string
  readonly about?: string
  /** Columns that are shown beside the table's own: what each is, in SQL. Of a table that is read-only. */
  readonly derived?: { readonly [column: string]: string }
  /** Which columns the list shows. */
  readonly list: readonly string[]
  /** Which columns a search looks in. */
  readonly search?: readonly string[]
  /** Which columns the list can be narrowed by: to one value, or to the last days. */
  readonly filter?: readonly string[]
  /** By which column it is sorted at first, the other way round with a `-` before it. @defaultValue the key */
  readonly sort?: string
  /** What all of the rows have; those of others are not seen. */
  readonly only?: { readonly [column: string]: string }
  /** What else all of them have, in SQL: that by which an index finds them. */
  readonly where?: string
  /** Nothing is added, changed or deleted. @defaultValue false */
  readonly readOnly?: boolean
  /** What is asked for a new row. @defaultValue all columns */
  readonly adding?: readonly string[]
  /** What of a row may be changed. @defaultValue all columns but the key */
  readonly changing?: readonly string[]
  /** What a column may be set to, where it is not for the database alone to say: the transitions that its guards allow. */
  readonly choices?: { readonly [column: string]: (row: Values | undefined) => readonly string[] }
  /** How a row is added: resolves with its key. False: not here. @defaultValue an insert */
  readonly add?: false | ((tx: Tx<PgClient>, values: Values) => Promise<string>)
  /** How a row is changed; `changed` has what differs. False: not here. @defaultValue an update */
  readonly change?: false | ((tx: Tx<PgClient>, row: Values, changed: Values) => Promise<void>)
  /** False: not here. @defaultValue a delete */
  readonly remove?: false | ((tx: Tx<PgClient>, row: Values) => Promise<void>)
  /** What else can be done with rows. */
  readonly action?: RowAction
}

export interface RowAction {
  readonly name: 'redrive'
  readonly title: string
  /** Resolves with the keys of the rows that it was done with. */
  run(keys: readonly string[]): Promise<readonly string[]>
  /** What is said afterwards. */
  says(done: number): string
}

/** Columns by name, as PostgreSQL writes their values. */
export interface Values {
  readonly [column: string]: string | null
}

/** Thrown by what changes a row, if it may not be: shown as it is, beside the field if there is one. */
export class Refusal extends Error {
  readonly field: string | undefined

  constructor(message: string, field?: string) {
    super(message)
    this.field = field
  }
}

/** A table with all that is known of it. */
export interface Table extends AdminTable {
  readonly name: string
  /** What its rows are read from, in SQL. */
  readonly from: string
  readonly search: readonly string[]
  readonly filter: readonly string[]
  readonly only: { readonly [column: string]: string }
  readonly columns: readonly Column[]
  readonly constraints: readonly Constraint[]
  /** The column that tells its rows apart. */
  readonly key: string
  readonly sort: string
  readonly canAdd: boolean
  readonly canChange: boolean
  readonly canRemove: boolean
  /** The columns of the form for a new row, or for one that is there. */
  columnsToSet(isNew: boolean): readonly Column[]
}

/** @throws Error, if what was told of the table is not so. */
export async function openTable(db: PgClient, told: AdminTable): Promise<Table> {
  const { list, search = [], filter = [], only = {}, derived = {}, readOnly = false, adding = [], changing = [] } = told
  const { columns: own, constraints } = await describeTable(db, told.table)
  const columns = [...own, ...Object.keys(derived).map(derivedColumn)]
  const mentioned = [...list, ...search, ...filter, ...Object.keys(only), ...adding, ...changing]
  const unknown = mentioned.find(name => !columns.some(column => column.name === name))
  if (unknown !== undefined) throw new Error(`The table ${told.table} has no column ${unknown}.`)
  const key = constraints
    .find(({ kind }) => kind === 'primary key')
    ?.columns.filter(column => !Object.hasOwn(only, column))
  if (key?.length !== 1) throw new Error(`The table ${told.table} needs a primary key of one column to be shown.`)
  return {
    ...told,
    name: told.name ?? told.table,
    from: rowsWith(told.table, derived),
    search,
    filter,
    only,
    columns: columns.filter(({ name }) => !Object.hasOwn(only, name)),
    constraints,
    key: key[0]!,
    sort: told.sort ?? key[0]!,
    canAdd: !readOnly && told.add !== false,
    canChange: !readOnly && told.change !== false,
    canRemove: !readOnly && told.remove !== false,
    columnsToSet: isNew => {
      const asked = isNew ? told.adding : told.changing
      const settable = columns.filter(({ isGenerated }) => !isGenerated)
      if (asked !== undefined) return settable.filter(({ name }) => asked.includes(name))
      return settable.filter(({ name }) => !Object.hasOwn(only, name) && (isNew || name !== key[0]))
    },
  }
}

function derivedColumn(name: string): Column {
  return {
    name,
    type: 'text',
    isNullable: true,
    default: null,
    isGenerated: true,
    comment: null,
    choices: undefined,
    lengthMax: undefined,
  }
}

function rowsWith(table: string, derived: NonNullable<AdminTable['derived']>): string {
  const columns = Object.entries(derived).map(([name, is]) => `${is} as ${name}`)
  return columns.length === 0 ? table : `(select xmin, *, ${columns.join(', ')} from ${table})`
}

export function columnOf(table: Table, name: string): Column | undefined {
  return table.columns.find(column => column.name === name)
}

/** What a column can be set to in this row; undefined if that is not known beforehand. */
export function choicesFor(table: Table, column: Column, row: Values | undefined): readonly string[] | undefined {
  const offered = table.choices?.[column.name]?.(row) ?? column.choices
  const present = row?.[column.name]
  if (offered === undefined || present === undefined || present === null || offered.includes(present)) return offered
  return [present, ...offered]
}
