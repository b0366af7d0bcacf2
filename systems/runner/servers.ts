import type { Transport } from 'makegood'
import type { DatabaseAddress, DatabaseServer } from './database-server.ts'
import type { Environment } from './environment.ts'

/** Where the servers of a system are, as its own variables say. */
export interface Servers {
  /** Of a service's database, by the documented name that it has. */
  database(name: string): SystemDatabase
  /** Where RabbitMQ is; a system on another broker brings its own transport. */
  readonly broker: BrokerAddress | Transport
  /** For whoever has to set them: the variables that say where the databases are, and who uses them. */
  readonly variables: { readonly where: string; readonly who: string }
}

export interface SystemDatabase extends DatabaseAddress {
  /** What kind of server it is on. @defaultValue PostgreSQL */
  readonly server?: DatabaseServer
}

export interface BrokerAddress {
  /** The nodes of a cluster, or the only one. */
  readonly hosts: readonly string[]
  /** Of those that do not say theirs. */
  readonly port: number
  readonly user: string
  readonly password: string
  readonly vhost: string
}

/** One server for all databases, and one broker, under the variables that most of the systems document. */
export function sharedServers(
  environment: Environment,
  { port = 5432, user, password }: Pick<DatabaseAddress, 'user' | 'password'> & { readonly port?: number },
): Servers {
  const server = {
    host: environment.text('DB_HOST', 'localhost'),
    port: environment.port('DB_PORT', port),
    user: environment.text('DB_USER', user),
    password: environment.text('DB_PASSWORD', password),
  }
  return {
    database: name => ({ ...server, database: environment.text('DB_NAME', name) }),
    broker: {
      hosts: environment.list('RABBITMQ_HOST', 'localhost'),
      port: environment.port('RABBITMQ_PORT', 5672),
      user: environment.text('RABBITMQ_USERNAME', 'guest'),
      password: environment.text('RABBITMQ_PASSWORD', 'guest'),
      vhost: environment.text('RABBITMQ_VHOST', '/'),
    },
    variables: { where: 'DB_HOST, DB_PORT', who: 'DB_USER and DB_PASSWORD' },
  }
}

/** The parts of a URL that names a database. */
export function databaseIn(url: URL): DatabaseAddress {
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  }
}

/** The parts of a URL that names a broker. */
export function brokerIn(url: URL): BrokerAddress {
  return {
    hosts: [url.hostname],
    port: Number(url.port || 5672),
    user: decodeURIComponent(url.username) || 'guest',
    password: decodeURIComponent(url.password) || 'guest',
    vhost: decodeURIComponent(url.pathname.slice(1)) || '/',
  }
}
