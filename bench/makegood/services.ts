import { fileURLToPath } from 'node:url'
import { startChild } from '../child.ts'
import { domains, type Start } from '../set-up.ts'
import { countBooks } from '../shop/books.ts'
import { type Database, databaseOf } from './database.ts'
import { placeOrder, shopService } from './shop.ts'
import { transportOf } from './transport.ts'

/** A process and a database for each service; the client lives in the process of the orders service. */
export const start: Start = async environment => {
  const databases = await Promise.all(domains.map(name => databaseOf(environment, name)))
  const [{ store }, stock, payment, shipping] = databases as [Database, Database, Database, Database]
  const orders = shopService('orders', { store, transport: transportOf(environment) })
  const file = fileURLToPath(new URL('service-process.ts', import.meta.url))
  const processes = await Promise.all(
    domains
      .filter(name => name !== 'orders')
      .flatMap(name =>
        Array.from({ length: name === 'stock' ? (environment.setUp.replicas ?? 1) : 1 }, () =>
          startChild(file, { name, environment }),
        ),
      ),
  )
  await orders.start()
  return {
    order: order => placeOrder(orders, order),
    books: () => countBooks({ stock: stock.counting, payment: payment.counting, shipping: shipping.counting }),
    stop: async () => {
      await Promise.all(processes.map(process => process.stop()))
      await orders.stop()
      await Promise.all(databases.map(each => each.close()))
    },
  }
}
