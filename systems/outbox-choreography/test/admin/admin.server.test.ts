import { describe, inject } from 'vitest'
import { Environment } from '../../../runner/environment.ts'
import { serversGround } from '../../../runner/servers-ground.ts'
import { adminScenarios } from './admin-scenarios.ts'
import { quiet, smallShop } from './small-shop.ts'

describe('the admin site on PostgreSQL', () => {
  adminScenarios(() => smallShop(() => serversGround(environment(), quiet)))
})

function environment(): Environment {
  const postgres = new URL(inject('postgresUrl'))
  const rabbitmq = new URL(inject('amqpUrl'))
  return new Environment({
    DB_HOST: postgres.hostname,
    DB_PORT: postgres.port,
    DB_USER: decodeURIComponent(postgres.username),
    DB_PASSWORD: decodeURIComponent(postgres.password),
    // A database that no other run has seen.
    DB_NAME: `admin_${Date.now()}`,
    RABBITMQ_HOST: rabbitmq.hostname,
    RABBITMQ_PORT: rabbitmq.port,
    RABBITMQ_USERNAME: decodeURIComponent(rabbitmq.username),
    RABBITMQ_PASSWORD: decodeURIComponent(rabbitmq.password),
    RABBITMQ_VHOST: decodeURIComponent(rabbitmq.pathname.slice(1)) || '/',
  })
}
