import { describe, expect, test } from 'vitest'
import { Environment } from '../../runner/environment.ts'
import { creditServers, databases } from '../servers.ts'

const serversFor = (given: Record<string, string>) => creditServers(new Environment(given))

describe('where nothing is said', () => {
  test.each([
    [databases.orders, 5431],
    [databases.customers, 5433],
  ])('%s is at the documented port of this host', (database, port) => {
    expect(serversFor({}).database(database)).toEqual({
      host: 'localhost',
      port,
      user: 'user',
      password: 'password232323',
      database,
    })
  })

  test('so is the broker', () => {
    expect(serversFor({}).broker).toEqual({
      hosts: ['localhost'],
      port: 5671,
      user: 'guest',
      password: 'guest',
      vhost: '/',
    })
  })
})

test('the documented URLs say it all', () => {
  const servers = serversFor({
    DATABASE_URL: 'postgresql://user:password232323@customer-db:5432/customer_db',
    RABBITMQ_BROKER_URL: 'amqp://guest:guest@rabbitmq:5672/',
    DATABASE_HOST: 'elsewhere',
    RABBITMQ_HOST: 'elsewhere',
  })
  expect(servers.database(databases.customers)).toEqual({
    host: 'customer-db',
    port: 5432,
    user: 'user',
    password: 'password232323',
    database: 'customer_db',
  })
  expect(servers.broker).toEqual({ hosts: ['rabbitmq'], port: 5672, user: 'guest', password: 'guest', vhost: '/' })
})

test('the documented parts say it where there is no URL', () => {
  const servers = serversFor({
    ...{ DATABASE_HOST: 'db', DATABASE_PORT: '6', DATABASE_USER: 'u', DATABASE_PASSWORD: 'p', DATABASE_NAME: 'n' },
    ...{ RABBITMQ_HOST: 'mq', RABBITMQ_PORT: '7', RABBITMQ_USER: 'v', RABBITMQ_PASSWORD: 'q' },
  })
  expect(servers.database(databases.orders)).toEqual({ host: 'db', port: 6, user: 'u', password: 'p', database: 'n' })
  expect(servers.broker).toEqual({ hosts: ['mq'], port: 7, user: 'v', password: 'q', vhost: '/' })
})

test.each([
  ['DATABASE_URL', 'customer-db'],
  ['DATABASE_URL', 'mysql://user:secret@db/customer_db'],
  ['DATABASE_URL', 'postgresql://user:secret@db/customer_db?sslmode=require'],
  ['DATABASE_URL', 'postgresql://user:secret%@db/customer_db'],
  ['RABBITMQ_BROKER_URL', 'amqps://guest:secret@rabbitmq/'],
])('%s that cannot be followed is refused by name, and its password not shown', (name, text) => {
  expect(() => serversFor({ [name]: text })).toThrow(new RegExp(`^${name} cannot be used(?!.*secret)`))
})
