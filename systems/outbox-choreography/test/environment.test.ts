import { expect, test } from 'vitest'
import { Environment, Trouble } from '../../runner/environment.ts'
import { outboxServers, outboxSettings } from '../environment.ts'

test('payments are confirmed up to 1000 if nobody says otherwise', () => {
  expect(outboxSettings(new Environment({})).paymentLimitCents).toBe(100_000n)
  expect(outboxSettings(new Environment({ PAYMENT_LIMIT: '12.5' })).paymentLimitCents).toBe(1_250n)
})

test.each(['much', '-1', '1.234'])('a limit of "%s" is refused by name', text => {
  expect(() => outboxSettings(new Environment({ PAYMENT_LIMIT: text }))).toThrow(
    new Trouble(`PAYMENT_LIMIT is "${text}": it must be an amount with at most two decimals.`),
  )
})

test('a gateway is believed that asks from this machine, or from where somebody says that it is', () => {
  expect(outboxSettings(new Environment({})).trustedProxies).toEqual(['loopback'])
  const TRUSTED_PROXIES = '172.16.0.0/12, ::1,uniquelocal'
  const proxies = ['172.16.0.0/12', '::1', 'uniquelocal']
  expect(outboxSettings(new Environment({ TRUSTED_PROXIES })).trustedProxies).toEqual(proxies)
})

test.each(['kong', '10.0.0.0/33', '10.0.0.0/', 'true', '10.0.0.0/8;::1'])('"%s" is refused by name', proxy => {
  expect(() => outboxSettings(new Environment({ TRUSTED_PROXIES: `::1,${proxy}` }))).toThrow(
    new Trouble(
      `TRUSTED_PROXIES has "${proxy}": it takes addresses, ranges such as 172.16.0.0/12, loopback, linklocal and uniquelocal, with commas between them.`,
    ),
  )
})

test('the documented address of a database is where it is', () => {
  const environment = new Environment({ DATABASE_URL: 'postgres://user:p%40ss@order-db/db' })
  expect(outboxServers(environment).database('order_db')).toEqual({
    host: 'order-db',
    port: 5432,
    user: 'user',
    password: 'p@ss',
    database: 'db',
  })
})

test('without one it is the documented user on this machine, and the databases of the services', () => {
  expect(outboxServers(new Environment({})).database('order_db')).toEqual({
    host: 'localhost',
    port: 5432,
    user: 'user',
    password: 'password',
    database: 'order_db',
  })
})

test.each(['order-db', 'mysql://user:password@order-db/db'])('"%s" is refused by name', DATABASE_URL => {
  expect(() => outboxServers(new Environment({ DATABASE_URL }))).toThrow(
    new Trouble('DATABASE_URL cannot be used: postgres://user:password@host:5432/db is expected.'),
  )
})
