import { describe, inject } from 'vitest'
import { databaseIn, type Servers } from '../../../runner/servers.ts'
import { serversGround } from '../../../runner/servers-ground.ts'
import { adminScenarios } from './admin-scenarios.ts'
import { quiet, smallShop } from './small-shop.ts'

describe('the admin site on PostgreSQL', () => {
  adminScenarios(() => smallShop(() => serversGround(servers(), quiet)))
})

function servers(): Servers {
  const postgres = new URL(inject('postgresUrl'))
  const rabbitmq = new URL(inject('amqpUrl'))
  // A database that no other run has seen.
  const database = `admin_${Date.now()}`
  return {
    database: () => ({ ...databaseIn(postgres), database }),
    broker: {
      hostname: rabbitmq.hostname,
      port: Number(rabbitmq.port),
      user: decodeURIComponent(rabbitmq.username),
      password: decodeURIComponent(rabbitmq.password),
      vhost: decodeURIComponent(rabbitmq.pathname.slice(1)) || '/',
    },
    variables: { where: '', who: '' },
  }
}
