import './with-resolvers.ts'
import { fileURLToPath } from 'node:url'
import { connect } from '@restatedev/restate-sdk-clients'
import { startChild } from '../child.ts'
import type { Start } from '../set-up.ts'
import { countBooks } from '../shop/books.ts'
import { poolsOf } from './pools.ts'
import type { Checkout } from './restate-process.ts'
import { freePort, startRestate } from './restate-server.ts'

/** Restate with one service whose steps are `ctx.run`; the client calls it through the server. */
export const start: Start = environment => startWith(environment, ['everything'])

/** Starts the server and a process for each of the roles, and places orders through the server's ingress. */
export const startWith = async (environment: Parameters<Start>[0], roles: readonly string[]): ReturnType<Start> => {
  const server = await startRestate(environment.folder)
  const processes = await Promise.all(
    roles.map(async role => {
      const port = await freePort()
      const child = await startChild(fileURLToPath(new URL('restate-process.ts', import.meta.url)), {
        name: role,
        port,
        environment,
      })
      await server.register(port)
      return child
    }),
  )
  const shop = poolsOf(environment)
  const checkout = connect({ url: server.ingressUrl }).serviceClient<Checkout>({ name: 'checkout' })
  return {
    order: async order => checkout.place(order),
    books: () => countBooks(shop),
    stop: async () => {
      await server.stop()
      await Promise.all(processes.map(process => process.stop()))
      await shop.end()
    },
  }
}
