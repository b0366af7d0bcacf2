import { brokerIn, databaseIn } from '../servers.ts'
import type { Variables } from './started.ts'

/** The variables that most of the systems document, for the servers at these URLs. */
export function serverVariables(postgresUrl: string, amqpUrl: string): Variables {
  const { host, port, user, password } = databaseIn(new URL(postgresUrl))
  return {
    DB_HOST: host,
    DB_PORT: String(port),
    DB_USER: user,
    DB_PASSWORD: password,
    ...brokerVariables(amqpUrl),
  }
}

export function brokerVariables(amqpUrl: string): Variables {
  const { hosts, port, user, password, vhost } = brokerIn(new URL(amqpUrl))
  return {
    RABBITMQ_HOST: hosts.join(','),
    RABBITMQ_PORT: String(port),
    RABBITMQ_USERNAME: user,
    RABBITMQ_PASSWORD: password,
    RABBITMQ_VHOST: vhost,
  }
}
