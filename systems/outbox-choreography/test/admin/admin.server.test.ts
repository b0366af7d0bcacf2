import { describe, inject } from 'vitest'
import { quiet } from '../../../runner/quiet.ts'
import { brokerIn, databaseIn, type Servers } from '../../../runner/servers.ts'
import { serversGround } from '../../../runner/servers-ground.ts'
import { adminScenarios } from './admin-scenarios.ts'
import { smallShop } from './small-shop.ts'

describe('the admin site on PostgreSQL', () => {
  adminScenarios(() => smallShop(() => serversGround(servers(), quiet)))
})

function servers(): Servers {
  // A database that no other run has seen.
  const database = `admin_${Date.now()}`
  return {
    database: () => ({ ...databaseIn(new URL(inject('postgresUrl'))), database }),
    broker: brokerIn(new URL(inject('amqpUrl'))),
    variables: { where: '', who: '' },
  }
}
