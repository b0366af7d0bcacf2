import { kafka } from 'makegood/kafka'
import type { DatabaseAddress, DatabaseServer } from '../runner/database-server.ts'
import { type Environment, Trouble } from '../runner/environment.ts'
import { mysqlServer } from '../runner/mysql-server.ts'
import { postgresServer } from '../runner/postgres-server.ts'
import type { Servers, SystemDatabase } from '../runner/servers.ts'

/** Each database has a server of its own, at the documented port of this host. */
const documented: { readonly [database: string]: Place } = {
  orderdb: { server: mysqlServer, host: 'localhost', port: 3306, database: 'orderdb' },
  orchestratordb: { server: postgresServer, host: 'localhost', port: 5432, database: 'orchestratordb' },
  stockdb: { server: postgresServer, host: 'localhost', port: 5434, database: 'stockdb' },
  paymentdb: { server: postgresServer, host: 'localhost', port: 5433, database: 'paymentdb' },
}

type Place = Omit<DatabaseAddress, 'user' | 'password'> & { readonly server: DatabaseServer }

/**
 * Where Spring's variables say that databases and broker are, written as the documentation does or in capital letters.
 *
 * @throws Trouble, naming the variable.
 */
export function kafkaServers(environment: Environment): Servers {
  const spring = (name: string, otherwise: string) => springText(environment, name, otherwise)
  return {
    database: name => database(name, spring),
    broker: kafka({
      brokers: brokersIn(spring('spring.kafka.bootstrap-servers', 'localhost:9092')),
      sessionMs: milliseconds('spring.kafka.properties.session.timeout.ms', spring),
    }),
    variables: {
      where: 'SPRING_DATASOURCE_URL',
      who: 'SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD',
    },
  }
}

type Spring = (name: string, otherwise: string) => string

/** Spring reads `a.b-c` as `A_BC` too, and most people write it `A_B_C`. */
function springText(environment: Environment, name: string, otherwise: string): string {
  const capitals = name.toUpperCase().replaceAll('.', '_')
  const others = [capitals.replaceAll('-', ''), capitals.replaceAll('-', '_')]
  return others.reduceRight((found, other) => environment.text(other, found), environment.text(name, otherwise))
}

function database(name: string, spring: Spring): SystemDatabase {
  const text = spring('spring.datasource.url', '')
  const home = documented[name]!
  const place = text === '' ? home : placeIn(text)
  // Orders may be kept in PostgreSQL as well.
  if (place.server !== home.server && place.server !== postgresServer) {
    const says = `SPRING_DATASOURCE_URL names ${place.server.name}, and ${name} is kept in ${home.server.name}`
    throw new Trouble(`${says}: run its service in a process of its own.`)
  }
  const { user, password } = place.server === mysqlServer ? mysqlUser : postgresUser
  return {
    ...place,
    user: spring('spring.datasource.username', user),
    password: spring('spring.datasource.password', password),
  }
}

const mysqlUser = { user: 'root', password: 'password' }
const postgresUser = { user: 'postgres', password: 'postgres' }

/** Options beyond host and database would be passed over in silence, and are refused. */
function placeIn(text: string): Place {
  const [, kind = '', place = ''] = /^jdbc:(mysql|mariadb|postgresql):\/\/([^?]+)$/.exec(text) ?? []
  const url = URL.canParse(`${kind}://${place}`) ? new URL(`${kind}://${place}`) : undefined
  const database = url?.pathname.slice(1) ?? ''
  if (url === undefined || url.hostname === '' || !/^[\w$-]+$/.test(database)) {
    const wanted = 'jdbc:mysql://host:3306/database or jdbc:postgresql://host:5432/database'
    throw new Trouble(`SPRING_DATASOURCE_URL cannot be used: ${wanted} is expected, without anything behind it.`)
  }
  const [server, port] = kind === 'postgresql' ? [postgresServer, 5432] : [mysqlServer, 3306]
  return { server, host: url.hostname, port: Number(url.port || port), database }
}

/** How long a process may be silent until its partitions go to others; the broker sets limits of its own. */
function milliseconds(name: string, spring: Spring): number {
  const text = spring(name, '20000')
  const ms = Number(text)
  if (Number.isInteger(ms) && ms >= 1_000 && ms <= 600_000) return ms
  throw new Trouble(`${name} is ${JSON.stringify(text)}: it must be a whole number from 1000 to 600000.`)
}

function brokersIn(text: string): readonly string[] {
  return text.split(',').map(broker => broker.trim().replace(/^PLAINTEXT:\/\//i, ''))
}
