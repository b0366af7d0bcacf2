import { runAsChild } from '../child.ts'
import type { Domain, Environment } from '../set-up.ts'
import { databaseOf } from './database.ts'
import { shopService } from './shop.ts'
import { transportOf } from './transport.ts'

// The process of one participant.
await runAsChild<{ name: Domain; environment: Environment }>(async ({ name, environment }) => {
  const { store, close } = await databaseOf(environment, name)
  const participant = shopService(name, { store, transport: transportOf(environment) })
  await participant.start()
  return async () => {
    await participant.stop()
    await close()
  }
})
