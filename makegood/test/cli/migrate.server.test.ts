import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createDatabase as createMysqlDatabase } from '../../../scripts/servers/mariadb.ts'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { run } from '../../src/cli/run.ts'
import { exits } from '../../src/cli/terminal.ts'
import { type OwnDatabase, ownDatabase } from '../own-database.ts'

let database: OwnDatabase
let url: URL
let name: string
beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'), 'migrate')
  url = new URL(database.url)
  name = url.pathname.slice(1)
})
afterAll(() => database?.drop())

async function migrate(databaseUrl: string, ...more: string[]) {
  let said = ''
  const hear = (text: string) => {
    said += text
  }
  const code = await run(['migrate', '--database-url', databaseUrl, ...more], { out: hear, err: hear })
  return { code, said }
}

test('the tables are made by one of several that try, and a second time changes nothing', async () => {
  const first = await Promise.all([migrate(url.href), migrate(url.href, '--service', 'orders'), migrate(url.href)])
  expect(first).toEqual(Array(3).fill({ code: exits.done, said: `${url.host}/${name} is up to date.\n` }))
  expect(await migrate(url.href, '--json')).toEqual({
    code: exits.done,
    said: `{"ok":true,"database":"${url.host}/${name}"}\n`,
  })

  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  const { rows } = await client.query("select to_regclass('makegood.outbox') is not null as made")
  await client.end()
  expect(rows).toEqual([{ made: true }])
})

test('a wrong password is one sentence, without the password', async () => {
  const wrong = new URL(url)
  wrong.password = 'not-this-one'
  const { code, said } = await migrate(wrong.href)
  expect(code).toBe(exits.refused)
  expect(said).toContain(`${url.host}/${name}: PostgreSQL refuses the password`)
  expect(said).not.toContain('not-this-one')
})

test('a database that is not there is named', async () => {
  const nowhere = new URL(url)
  nowhere.pathname = '/nowhere'
  const { code, said } = await migrate(nowhere.href)
  expect(code).toBe(exits.refused)
  expect(said).toContain(`${url.host}/nowhere: The database does not exist`)
})

test('the tables are made in MySQL too, by what the URL begins with', async () => {
  const mysqlUrl = await createMysqlDatabase(await askAt(inject('mysqlDoor')), `migrate_${process.pid}`)
  const { host, pathname } = new URL(mysqlUrl)
  for (const databaseUrl of [mysqlUrl, mysqlUrl.replace('mysql:', 'mariadb:')]) {
    expect(await migrate(databaseUrl)).toEqual({ code: exits.done, said: `${host}${pathname} is up to date.\n` })
  }
})
