import { DBOS } from '@dbos-inc/dbos-sdk'
import type { Start } from '../set-up.ts'
import { countBooks } from '../shop/books.ts'
import type { Order, Outcome } from '../shop/order.ts'
import { charge, refund, release, reserve, ship } from '../shop/steps.ts'
import { poolsOf } from './pools.ts'

/** DBOS Transact in the client's own process, its system database beside the shop's tables, defaults throughout. */
export const start: Start = async environment => {
  const shop = poolsOf(environment)
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: environment.databases!.orders, logLevel: 'warn' })
  const checkout = DBOS.registerWorkflow(
    async (order: Order): Promise<Outcome> => {
      await DBOS.runStep(() => reserve(shop.stock, order), { name: 'reserve' })
      await DBOS.runStep(() => charge(shop.payment, order), { name: 'charge' })
      if (await DBOS.runStep(() => ship(shop.shipping, order), { name: 'ship' })) return 'shipped'
      await DBOS.runStep(() => refund(shop.payment, order), { name: 'refund' })
      await DBOS.runStep(() => release(shop.stock, order), { name: 'release' })
      return 'refused'
    },
    { name: 'checkout' },
  )
  await DBOS.launch()
  return {
    order: checkout,
    books: () => countBooks(shop),
    stop: async () => {
      await DBOS.shutdown()
      await shop.end()
    },
  }
}
