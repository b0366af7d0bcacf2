import mysql2 from 'mysql2/promise'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createDatabase } from '../../../scripts/servers/mariadb.ts'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { mysql } from '../../src/adapters/mysql/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { ownDatabase } from '../own-database.ts'

test('a migration of PostgreSQL that is broken off, wherever, leaves nothing, and is done by the next process', async () => {
  const database = await ownDatabase(inject('postgresUrl'), 'broken_off')
  const pool = new pg.Pool({ connectionString: database.url })
  onTestFinished(async () => {
    await pool.end()
    await database.drop()
  })
  const isThere = async () =>
    (await pool.query<{ there: boolean }>(`select to_regnamespace('makegood') is not null as there`)).rows[0]?.there
  let breaks = 0
  const breaking = {
    connect: async () => {
      const client = await pool.connect()
      return breakingAfter(breaks, client, () => void (client as unknown as pg.Client).end())
    },
  }
  while (!(await succeeds(postgres({ pool: breaking }).open('orders').migrate()))) {
    expect(await isThere(), `after ${breaks} statements`).toBe(false)
    breaks += 1
  }
  expect(breaks).toBeGreaterThan(8)
  const orders = postgres({ pool }).open('orders')
  await orders.migrate()
  expect(await orders.queries.figures()).toMatchObject({ outbox: 0 })
})

test('a migration of MySQL that is broken off, wherever, is gone on with by the next process', async () => {
  const url = await createDatabase(await askAt(inject('mysqlDoor')), `broken_off_${process.pid}`)
  const pool = mysql2.createPool({ uri: url })
  onTestFinished(() => pool.end())
  let breaks = 0
  const breaking = {
    getConnection: async () => {
      const connection = await pool.getConnection()
      return breakingAfter(breaks, connection, () => connection.destroy())
    },
  }
  while (!(await succeeds(mysql({ pool: breaking }).open('orders').migrate()))) breaks += 1
  expect(breaks).toBeGreaterThan(8)
  const orders = mysql({ pool }).open('orders')
  await orders.migrate()
  expect(await orders.queries.figures()).toMatchObject({ outbox: 0 })
})

/** A connection that is lost after so many statements. */
function breakingAfter<Connection extends object>(statements: number, connection: Connection, lose: () => void) {
  let left = statements
  const counted = (how: 'query' | 'execute') => ({
    value: (...parts: unknown[]) => {
      if (left === 0) lose()
      left -= 1
      return (connection as { [name: string]: (...parts: unknown[]) => unknown })[how]!(...parts)
    },
  })
  return Object.create(connection, { query: counted('query'), execute: counted('execute') })
}

function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}
