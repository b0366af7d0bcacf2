import { type Environment, Trouble } from '../runner/environment.ts'
import { services } from './wire.ts'

/**
 * Where the database of these services and the broker are: the documented variables, said in the names that the
 * runner reads.
 *
 * @throws Trouble, naming the variable.
 */
export function serverVariables(environment: Environment, chosen: readonly string[]): Variables {
  return { ...databaseVariables(environment, chosen), ...brokerVariables(environment) }
}

interface Variables {
  readonly [name: string]: string
}

/** Each database has a server of its own, which a container shows at this port of its host. */
const databasePorts: { readonly [service: string]: number } = { [services.orders]: 5431, [services.customers]: 5433 }

function databaseVariables(environment: Environment, chosen: readonly string[]): Variables {
  const text = environment.text('DATABASE_URL', '')
  if (text !== '') {
    const url = urlIn('DATABASE_URL', text, /^postgres(ql)?(\+\w+)?:$/, 'postgresql://user:password@host:5432/database')
    return {
      DB_HOST: url.hostname,
      DB_PORT: url.port || '5432',
      DB_USER: decodeURIComponent(url.username) || 'user',
      DB_PASSWORD: decodeURIComponent(url.password),
      DB_NAME: decodeURIComponent(url.pathname.slice(1)),
    }
  }
  const port = environment.text('DATABASE_PORT', '')
  if (port === '' && chosen.length > 1) {
    throw new Trouble(
      'Each service is documented to have a database server of its own, and one process uses one: run each with --service, or name the server of both with DATABASE_PORT or DATABASE_URL.',
    )
  }
  return {
    DB_HOST: environment.text('DATABASE_HOST', 'localhost'),
    DB_PORT: String(environment.port('DATABASE_PORT', databasePorts[chosen[0]!]!)),
    DB_USER: environment.text('DATABASE_USER', 'user'),
    DB_PASSWORD: environment.text('DATABASE_PASSWORD', 'password232323'),
    DB_NAME: environment.text('DATABASE_NAME', ''),
  }
}

function brokerVariables(environment: Environment): Variables {
  const text = environment.text('RABBITMQ_BROKER_URL', '')
  if (text !== '') {
    const url = urlIn('RABBITMQ_BROKER_URL', text, /^amqp:$/, 'amqp://user:password@host:5672/')
    return {
      RABBITMQ_HOST: url.hostname,
      RABBITMQ_PORT: url.port || '5672',
      RABBITMQ_USERNAME: decodeURIComponent(url.username) || 'guest',
      RABBITMQ_PASSWORD: decodeURIComponent(url.password) || 'guest',
      RABBITMQ_VHOST: decodeURIComponent(url.pathname.slice(1)) || '/',
    }
  }
  return {
    RABBITMQ_HOST: environment.text('RABBITMQ_HOST', 'localhost'),
    RABBITMQ_PORT: String(environment.port('RABBITMQ_PORT', 5671)),
    RABBITMQ_USERNAME: environment.text('RABBITMQ_USER', 'guest'),
    RABBITMQ_PASSWORD: environment.text('RABBITMQ_PASSWORD', 'guest'),
    RABBITMQ_VHOST: '/',
  }
}

/** What is beyond user, host and path, such as TLS, would be passed over in silence: it is refused. */
function urlIn(name: string, text: string, protocol: RegExp, wanted: string): URL {
  const url = URL.canParse(text) && isDecodable(text) ? new URL(text) : undefined
  if (url !== undefined && protocol.test(url.protocol) && url.hostname !== '' && url.search === '') return url
  // The text is not shown: it has a password in it.
  throw new Trouble(`${name} cannot be used: ${wanted} is expected.`)
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== ''
  } catch {
    return false
  }
}
