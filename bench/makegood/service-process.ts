import { postgres } from 'makegood/postgres'
import pg from 'pg'
import { runAsChild } from '../child.ts'
import type { Domain, Environment } from '../set-up.ts'
import { shopService } from './shop.ts'
import { transportOf } from './transport.ts'

// The process of one participant.
await runAsChild<{ name: Domain; environment: Environment }>(async ({ name, environment }) => {
  const pool = new pg.Pool({ connectionString: environment.databases![name], pipeline: true } as pg.PoolConfig)
  const participant = shopService(name, { store: postgres({ pool }), transport: transportOf(environment) })
  await participant.start()
  return async () => {
    await participant.stop()
    await pool.end()
  }
})
