import type { Environment } from '../runner/environment.ts'
import { databaseIn, type Servers, sharedServers } from '../runner/servers.ts'

/** What can be set about the shop, beyond where its servers are. */
export interface TopicSettings {
  /** Where the order service's HTTP answers, if not where this system puts it. */
  readonly orderServiceUrl: string | undefined
  readonly requestsPerMinuteMax: number
}

/** @throws Trouble, naming the variable. */
export function topicSettings(environment: Environment): TopicSettings {
  const orders = environment.url('ORDER_SERVICE_URL', /^https?:$/, 'http://host:8002')
  return {
    orderServiceUrl: orders?.origin,
    requestsPerMinuteMax: environment.wholeNumber('HTTP_REQUESTS_PER_MINUTE_MAX', 60_000, 1, 100_000_000),
  }
}

export const databases = { user: 'rabbit', product: 'product', order: 'order', orchestrator: 'orchestrator' } as const

/**
 * One PostgreSQL for all of them, which a container shows at this port of its host; the orchestrator is documented to
 * be told its database by a URL.
 *
 * @throws Trouble, naming the variable
 */
export function topicServers(environment: Environment): Servers {
  const shared = sharedServers(environment, { port: 5454, user: 'use', password: 'pwd' })
  const url = environment.url('DATABASE_URL', /^postgres(ql)?(\+\w+)?:$/, 'postgresql://use:pwd@host:5432/orchestrator')
  return {
    ...shared,
    database: name => (name === databases.orchestrator && url !== undefined ? databaseIn(url) : shared.database(name)),
    variables: { where: 'DB_HOST and DB_PORT, or DATABASE_URL', who: 'DB_USER and DB_PASSWORD, or DATABASE_URL' },
  }
}
