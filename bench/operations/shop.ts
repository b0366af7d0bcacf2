import fastify from 'fastify'
import { openAccess, operationsRoutes } from 'makegood/operations'
import { startTogether } from '../makegood/one-process.ts'
import type { Start } from '../set-up.ts'

/** The shop in one process, and what operators may see of it over HTTP. */
export const start: Start = async environment => {
  const shop = await startTogether(environment)
  const app = fastify()
  await app.register(operationsRoutes, { services: shop.services, access: openAccess() })
  await app.listen({ host: '127.0.0.1', port: environment.operationsPort! })
  return {
    ...shop,
    stop: async () => {
      await app.close()
      await shop.stop()
    },
  }
}
