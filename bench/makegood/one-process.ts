import { embedded } from 'makegood/embedded'
import { domains, type Environment, type Running, type Start } from '../set-up.ts'
import { countBooks } from '../shop/books.ts'
import { databaseOf } from './database.ts'
import { placeOrder, shopService } from './shop.ts'

export const start: Start = environment => startTogether(environment)

/** All four services and the client in one process, on one database. */
export async function startTogether(environment: Environment) {
  const { store, counting, close } = await databaseOf(environment, 'orders')
  const transport = embedded()
  const services = domains.map(name => shopService(name, { store, transport }))
  for (const each of services) await each.start()
  return {
    services,
    order: order => placeOrder(services[0]!, order),
    books: () => countBooks({ stock: counting, payment: counting, shipping: counting }),
    stop: async () => {
      await Promise.all(services.map(each => each.stop()))
      await close()
    },
  } satisfies Running & { readonly services: unknown }
}
