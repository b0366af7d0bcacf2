import { describe, expect, test } from 'vitest'
import { Environment } from '../../runner/environment.ts'
import { databases, topicServers, topicSettings } from '../environment.ts'

const serversFor = (given: Record<string, string>) => topicServers(new Environment(given))

describe('where nothing is said', () => {
  test.each(['rabbit', 'product', 'order', 'orchestrator'])('the database %s is at the documented place', database => {
    expect(serversFor({}).database(database)).toEqual({
      ...{ host: 'localhost', port: 5454, user: 'use', password: 'pwd', database },
    })
  })

  test('the broker is at this host, and the order service where this system puts it', () => {
    const broker = { hosts: ['localhost'], port: 5672, user: 'guest', password: 'guest', vhost: '/' }
    expect(serversFor({}).broker).toEqual(broker)
    expect(topicSettings(new Environment({})).orderServiceUrl).toBeUndefined()
  })
})

test('the documented variables say it', () => {
  const servers = serversFor({
    ...{ DB_NAME: 'n', DB_HOST: 'db', DB_PORT: '6', DB_USER: 'u', DB_PASSWORD: 'p' },
    RABBITMQ_HOST: 'mq-1,mq-2:5673',
  })
  expect(servers.database(databases.user)).toEqual({ host: 'db', port: 6, user: 'u', password: 'p', database: 'n' })
  expect(servers.broker).toMatchObject({ hosts: ['mq-1', 'mq-2:5673'] })
})

test('DATABASE_URL is that of the orchestrator, and of nobody else', () => {
  const servers = serversFor({ DATABASE_URL: 'postgresql://use:pwd@db/orchestrator' })
  const url = { host: 'db', port: 5432, user: 'use', password: 'pwd', database: 'orchestrator' }
  expect(servers.database(databases.orchestrator)).toEqual(url)
  expect(servers.database(databases.order)).toMatchObject({ host: 'localhost', database: 'order' })
})

test.each([
  ['DB_PORT', 'five'],
  ['DATABASE_URL', 'mysql://use:secret@db/orchestrator'],
])('%s that cannot be used is refused by its name, and without its secrets', (name, text) => {
  const refusal = new RegExp(`^(?=.*${name})(?!.*secret)`)
  expect(() => serversFor({ [name]: text }).database(databases.order)).toThrow(refusal)
})
