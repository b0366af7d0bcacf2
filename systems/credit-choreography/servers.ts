import type { Environment } from '../runner/environment.ts'
import { type BrokerAddress, brokerIn, databaseIn, type Servers } from '../runner/servers.ts'

/** Each database has a server of its own, which a container shows at this port of its host. */
export const databases = { orders: 'order_db', customers: 'customer_db', tracker: 'tracker_db' } as const
const documentedPorts: { readonly [database: string]: number } = {
  [databases.orders]: 5431,
  [databases.customers]: 5433,
  // Not of the page: beside the orders.
  [databases.tracker]: 5431,
}

/**
 * Where the documented variables say that databases and broker are: by a URL, or by its parts.
 *
 * @throws Trouble, naming the variable.
 */
export function creditServers(environment: Environment): Servers {
  const url = environment.url(
    'DATABASE_URL',
    /^postgres(ql)?(\+\w+)?:$/,
    'postgresql://user:password@host:5432/database',
  )
  return {
    database: name =>
      url !== undefined
        ? databaseIn(url)
        : {
            host: environment.text('DATABASE_HOST', 'localhost'),
            port: environment.port('DATABASE_PORT', documentedPorts[name] ?? 5432),
            user: environment.text('DATABASE_USER', 'user'),
            password: environment.text('DATABASE_PASSWORD', 'password232323'),
            database: environment.text('DATABASE_NAME', name),
          },
    broker: broker(environment),
    variables: {
      where: 'DATABASE_URL, or DATABASE_HOST and DATABASE_PORT',
      who: 'DATABASE_URL, or DATABASE_USER and DATABASE_PASSWORD',
    },
  }
}

function broker(environment: Environment): BrokerAddress {
  const url = environment.url('RABBITMQ_BROKER_URL', /^amqp:$/, 'amqp://user:password@host:5672/')
  if (url !== undefined) return brokerIn(url)
  return {
    hosts: environment.list('RABBITMQ_HOST', 'localhost'),
    port: environment.port('RABBITMQ_PORT', 5671),
    user: environment.text('RABBITMQ_USER', 'guest'),
    password: environment.text('RABBITMQ_PASSWORD', 'guest'),
    vhost: '/',
  }
}
