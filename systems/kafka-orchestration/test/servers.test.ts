import { describe, expect, test } from 'vitest'
import { Environment } from '../../runner/environment.ts'
import { mysqlServer } from '../../runner/mysql-server.ts'
import { postgresServer } from '../../runner/postgres-server.ts'
import { kafkaServers } from '../servers.ts'

const serversFor = (given: Record<string, string>) => kafkaServers(new Environment(given))

test.each([
  ['orderdb', mysqlServer, 3306, 'root', 'password'],
  ['orchestratordb', postgresServer, 5432, 'postgres', 'postgres'],
  ['stockdb', postgresServer, 5434, 'postgres', 'postgres'],
  ['paymentdb', postgresServer, 5433, 'postgres', 'postgres'],
])('where nothing is said %s is at the documented place', (database, server, port, user, password) => {
  expect(serversFor({}).database(database)).toEqual({ server, host: 'localhost', port, user, password, database })
})

test.each([
  ['spring.datasource.url', 'spring.datasource.username', 'spring.datasource.password'],
  ['SPRING_DATASOURCE_URL', 'SPRING_DATASOURCE_USERNAME', 'SPRING_DATASOURCE_PASSWORD'],
])('the documented variables say it: %s', (url, username, password) => {
  const given = { [url]: 'jdbc:postgresql://db:7/stock', [username]: 'u', [password]: 'p' }
  expect(serversFor(given).database('stockdb')).toEqual({
    ...{ server: postgresServer, host: 'db', port: 7, user: 'u', password: 'p', database: 'stock' },
  })
})

describe('orders', () => {
  test('are kept in MariaDB too', () => {
    expect(serversFor({ SPRING_DATASOURCE_URL: 'jdbc:mariadb://db/shop' }).database('orderdb')).toMatchObject({
      ...{ server: mysqlServer, host: 'db', port: 3306, user: 'root', database: 'shop' },
    })
  })

  test('are kept in PostgreSQL where that is said', () => {
    expect(serversFor({ SPRING_DATASOURCE_URL: 'jdbc:postgresql://db/shop' }).database('orderdb')).toMatchObject({
      ...{ server: postgresServer, host: 'db', port: 5432, user: 'postgres', database: 'shop' },
    })
  })
})

test('stock is not kept in MySQL', () => {
  const { database } = serversFor({ SPRING_DATASOURCE_URL: 'jdbc:mysql://db/stock' })
  expect(() => database('stockdb')).toThrow('names MySQL, and stockdb is kept in PostgreSQL')
})

test.each([
  'db',
  'mysql://db/shop',
  'jdbc:oracle://db/shop',
  'jdbc:mysql:///shop',
  'jdbc:mysql://db',
  'jdbc:mysql://db/',
])('the URL %s is refused by name', url => {
  const { database } = serversFor({ SPRING_DATASOURCE_URL: url })
  expect(() => database('orderdb')).toThrow(/^SPRING_DATASOURCE_URL cannot be used/)
})

test('options of a URL would be passed over, and are refused', () => {
  const { database } = serversFor({ SPRING_DATASOURCE_URL: 'jdbc:mysql://db/shop?sslMode=REQUIRED' })
  expect(() => database('orderdb')).toThrow(/^SPRING_DATASOURCE_URL cannot be used/)
})

test.each(['spring.kafka.bootstrap-servers', 'SPRING_KAFKA_BOOTSTRAPSERVERS', 'SPRING_KAFKA_BOOTSTRAP_SERVERS'])(
  'brokers are read from %s, and one that is none is named',
  name => {
    expect(() => serversFor({ [name]: 'one:9092, two:9092' })).not.toThrow()
    expect(() => serversFor({ [name]: 'one:9092,two' })).toThrow('"two"')
  },
)

test.each(['soon', '10', '6000.5'])('a session of %s ms is refused by name', text => {
  expect(() => serversFor({ SPRING_KAFKA_PROPERTIES_SESSION_TIMEOUT_MS: text })).toThrow(
    'spring.kafka.properties.session.timeout.ms',
  )
})
