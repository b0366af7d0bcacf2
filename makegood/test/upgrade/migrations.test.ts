import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../migrations/', import.meta.url))
const migrations = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.sql'))

// A release before this one goes on with its tables, and may come back to them: docs/upgrading.md promises it.
describe.each(migrations)('%s', name => {
  const sql = readFileSync(`${root}${name}`, 'utf8')

  test('says that it is safe while services run', () => {
    expect(sql).toMatch(/^-- \d{4}: .*safe while services run/i)
  })

  test('only adds', () => {
    const statements = sql
      .replaceAll(/--.*$/gm, '')
      .split(';')
      .map(statement => statement.trim().replaceAll(/\s+/g, ' '))
      .filter(statement => statement !== '')
    expect(statements.length).toBeGreaterThan(0)
    expect(statements.filter(statement => !isAddition(statement))).toEqual([])
    // MySQL commits each by itself: who died in between, or did not get its turn, begins with the first again.
    if (name.startsWith('mysql')) expect(statements.filter(each => !/ if not exists /.test(each))).toEqual([])
  })
})

/** A new column has to be one that who does not know it may leave out. */
function isAddition(statement: string): boolean {
  if (/^alter table \S+ add column /.test(statement)) return !/ not null(?!.* default )/.test(statement)
  return /^create (table|index|sequence) /.test(statement)
}
