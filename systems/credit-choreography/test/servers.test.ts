import { describe, expect, test } from 'vitest'
import { Environment, Trouble } from '../../runner/environment.ts'
import { serverVariables } from '../servers.ts'
import { services } from '../wire.ts'

const variables = (given: Record<string, string>, ...chosen: string[]) =>
  serverVariables(new Environment(given), chosen.length > 0 ? chosen : [services.orders])

describe('where nothing is said', () => {
  test.each([
    [services.orders, '5431'],
    [services.customers, '5433'],
  ])('%s finds its database and the broker at the documented ports of this host', (service, port) => {
    expect(variables({}, service)).toEqual({
      DB_HOST: 'localhost',
      DB_PORT: port,
      DB_USER: 'user',
      DB_PASSWORD: 'password232323',
      DB_NAME: '',
      RABBITMQ_HOST: 'localhost',
      RABBITMQ_PORT: '5671',
      RABBITMQ_USERNAME: 'guest',
      RABBITMQ_PASSWORD: 'guest',
      RABBITMQ_VHOST: '/',
    })
  })

  test('both services in one process are refused: their servers are two', () => {
    expect(() => variables({}, services.orders, services.customers)).toThrow(Trouble)
    expect(variables({ DATABASE_PORT: '5432' }, services.orders, services.customers)).toMatchObject({
      DB_PORT: '5432',
      DB_NAME: '',
    })
  })
})

test('the documented URLs say it all', () => {
  const given = {
    DATABASE_URL: 'postgresql://user:password232323@customer-db:5432/customer_db',
    RABBITMQ_BROKER_URL: 'amqp://guest:guest@rabbitmq:5672/',
    DATABASE_HOST: 'elsewhere',
    RABBITMQ_HOST: 'elsewhere',
  }
  expect(variables(given)).toEqual({
    DB_HOST: 'customer-db',
    DB_PORT: '5432',
    DB_USER: 'user',
    DB_PASSWORD: 'password232323',
    DB_NAME: 'customer_db',
    RABBITMQ_HOST: 'rabbitmq',
    RABBITMQ_PORT: '5672',
    RABBITMQ_USERNAME: 'guest',
    RABBITMQ_PASSWORD: 'guest',
    RABBITMQ_VHOST: '/',
  })
})

test('the documented parts say it where there is no URL', () => {
  const given = {
    ...{ DATABASE_HOST: 'db', DATABASE_PORT: '6', DATABASE_USER: 'u', DATABASE_PASSWORD: 'p', DATABASE_NAME: 'n' },
    ...{ RABBITMQ_HOST: 'mq', RABBITMQ_PORT: '7', RABBITMQ_USER: 'v', RABBITMQ_PASSWORD: 'q' },
  }
  expect(variables(given)).toEqual({
    ...{ DB_HOST: 'db', DB_PORT: '6', DB_USER: 'u', DB_PASSWORD: 'p', DB_NAME: 'n' },
    ...{ RABBITMQ_HOST: 'mq', RABBITMQ_PORT: '7', RABBITMQ_USERNAME: 'v', RABBITMQ_PASSWORD: 'q', RABBITMQ_VHOST: '/' },
  })
})

test.each([
  ['DATABASE_URL', 'customer-db'],
  ['DATABASE_URL', 'mysql://user:secret@db/customer_db'],
  ['DATABASE_URL', 'postgresql://user:secret@db/customer_db?sslmode=require'],
  ['DATABASE_URL', 'postgresql://user:secret%@db/customer_db'],
  ['RABBITMQ_BROKER_URL', 'amqps://guest:secret@rabbitmq/'],
])('%s that cannot be followed is refused by name, and its password not shown', (name, text) => {
  expect(() => variables({ [name]: text })).toThrow(new RegExp(`^${name} cannot be used(?!.*secret)`))
})
