import { expect, test } from 'vitest'
import { Environment, Trouble } from '../../runner/environment.ts'
import { databaseVariables, outboxSettings } from '../environment.ts'

test('payments are confirmed up to 1000 if nobody says otherwise', () => {
  expect(outboxSettings(new Environment({}))).toEqual({ paymentLimitCents: 100_000n })
  expect(outboxSettings(new Environment({ PAYMENT_LIMIT: '12.5' }))).toEqual({ paymentLimitCents: 1_250n })
})

test.each(['much', '-1', '1.234'])('a limit of "%s" is refused by name', text => {
  expect(() => outboxSettings(new Environment({ PAYMENT_LIMIT: text }))).toThrow(
    new Trouble(`PAYMENT_LIMIT is "${text}": it must be an amount with at most two decimals.`),
  )
})

test('the documented address of a database is taken apart', () => {
  const environment = new Environment({ DATABASE_URL: 'postgres://user:p%40ss@order-db/db' })
  expect(databaseVariables(environment)).toEqual({
    DB_HOST: 'order-db',
    DB_PORT: '5432',
    DB_USER: 'user',
    DB_PASSWORD: 'p@ss',
    DB_NAME: 'db',
  })
})

test('without one it is the documented user on this machine, and the databases of the services', () => {
  expect(databaseVariables(new Environment({}))).toEqual({ DB_USER: 'user', DB_PASSWORD: 'password' })
})

test.each(['order-db', 'mysql://user:password@order-db/db'])('"%s" is refused by name', DATABASE_URL => {
  expect(() => databaseVariables(new Environment({ DATABASE_URL }))).toThrow(
    new Trouble('DATABASE_URL is not of the form postgres://user:password@host:5432/db.'),
  )
})
