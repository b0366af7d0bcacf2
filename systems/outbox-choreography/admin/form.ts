import type { Database } from '../../runner/database.ts'
import type { Column } from './catalogue.ts'
import { readAs } from './rows.ts'
import { choicesFor, Refusal, type Table, type Values } from './table.ts'

/** What is wrong with a form, by field; what belongs to none of them, under ''. */
export interface FormErrors {
  readonly [field: string]: string
}

export interface Field {
  readonly column: Column
  readonly value: string
  readonly choices: readonly string[] | undefined
  readonly isRequired: boolean
}

export function fieldsOf(table: Table, row: Values | undefined, entered: Entered | undefined): readonly Field[] {
  return table.columnsToSet(row === undefined).map(column => ({
    column,
    value: entered?.[column.name] ?? row?.[column.name] ?? '',
    choices: choicesFor(table, column, row),
    isRequired: !column.isNullable && (row !== undefined || column.default === null),
  }))
}

/** What was entered, as it was: it is shown again if something is wrong with it. */
export interface Entered {
  readonly [column: string]: string
}

export function enteredIn(body: unknown, columns: readonly Column[]): Entered {
  const fields = (body ?? {}) as Record<string, unknown>
  const texts = columns.map(({ name }) => {
    const text = fields[`value.${name}`]
    // Browsers send every end of a line as two characters.
    return [name, typeof text === 'string' ? text.replaceAll('\r\n', '\n') : ''] as const
  })
  return Object.fromEntries(texts)
}

/** What is to be written, or what is wrong. A field that is as it was, or left to its default, is not in it. */
export async function readForm(
  database: Database,
  table: Table,
  row: Values | undefined,
  entered: Entered,
): Promise<{ readonly values: Values; readonly errors: FormErrors }> {
  const values: Record<string, string | null> = {}
  const errors: Record<string, string> = {}
  for (const { column, choices, isRequired } of fieldsOf(table, row, undefined)) {
    const text = entered[column.name]!
    if (row !== undefined && text === (row[column.name] ?? '')) continue
    if (text === '') {
      if (isRequired) errors[column.name] = 'This field is required.'
      else if (row !== undefined) values[column.name] = null
      continue
    }
    const wrong = await whatIsWrong(database, column, choices, text)
    if (wrong === undefined) values[column.name] = text
    else errors[column.name] = wrong
  }
  return { values, errors }
}

async function whatIsWrong(
  database: Database,
  { type, lengthMax }: Column,
  choices: readonly string[] | undefined,
  text: string,
): Promise<string | undefined> {
  if (choices !== undefined && !choices.includes(text)) return `This can only be ${choices.join(', ')} here.`
  if (lengthMax !== undefined && [...text].length > lengthMax) return `This can have at most ${lengthMax} characters.`
  try {
    // The database is the one that knows: it is asked for each field alone, because it does not say which one it means.
    await database.transaction(db => readAs(db, type, text))
    return undefined
  } catch (error) {
    const { code } = error as DatabaseError
    if (code === '22003') return `This is out of the range of ${type}.`
    if (code?.startsWith('22') || code?.startsWith('23')) return `This is not a value of the type ${type}.`
    throw error
  }
}

/** What the database refused, in words of the form. @throws what is no refusal. */
export function errorsOf(error: unknown, table: Table, fields: readonly string[]): FormErrors {
  if (error instanceof Refusal) return at([error.field ?? ''], error.message, fields)
  const { code = '', column, constraint: name, table: from, message } = error as DatabaseError
  const constraint = table.constraints.find(known => known.name === name)
  const { columns = [''], wants = name } = constraint ?? {}
  switch (code) {
    case '23502':
      return at([column ?? ''], 'This field is required.', fields)
    case '23503':
      if (constraint === undefined) return { '': `Rows of ${from} still refer to this one.` }
      return at(columns, `There is no such row in ${wants}.`, fields)
    case '23505':
      return at(columns, 'There is already a row with this value.', fields)
    case '23514':
      return at(columns, `The database allows only: ${wants}`, fields)
    case '40001':
    case '40P01':
    case '55P03':
      return { '': 'Somebody else was at this row in the same moment. Nothing was changed; try again.' }
  }
  // Data that does not fit, a rule of the table's own, or what a trigger raises.
  if (/^(22|23|P0001)/.test(code)) return { '': message ?? code }
  throw error
}

/** Beside the fields that are on the form; where there are none, for the form, with their names. */
function at(columns: readonly string[], message: string, fields: readonly string[]): FormErrors {
  const shown = columns.filter(column => fields.includes(column))
  if (shown.length > 0) return Object.fromEntries(shown.map(column => [column, message]))
  const names = columns.filter(column => column !== '')
  return { '': names.length === 0 ? message : `${names.join(', ')}: ${message}` }
}

interface DatabaseError {
  readonly code?: string
  readonly column?: string
  readonly constraint?: string
  readonly table?: string
  readonly message?: string
}
