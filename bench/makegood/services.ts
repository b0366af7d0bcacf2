import { fileURLToPath } from 'node:url'
import { postgres } from 'makegood/postgres'
import pg from 'pg'
import { startChild } from '../child.ts'
import { domains, type Start } from '../set-up.ts'
import { countBooks } from '../shop/books.ts'
import { placeOrder, shopService } from './shop.ts'
import { transportOf } from './transport.ts'

/** A process and a database for each service; the client lives in the process of the orders service. */
export const start: Start = async environment => {
  const { setUp, databases } = environment
  const pool = new pg.Pool({ connectionString: databases!.orders, pipeline: true } as pg.PoolConfig)
  const orders = shopService('orders', {
    store: postgres({ pool }),
    transport: transportOf(environment),
  })
  const file = fileURLToPath(new URL('service-process.ts', import.meta.url))
  const names = domains.filter(name => name !== 'orders')
  const processes = await Promise.all(
    names.flatMap(name =>
      Array.from({ length: name === 'stock' ? (setUp.replicas ?? 1) : 1 }, () =>
        startChild(file, { name, environment }),
      ),
    ),
  )
  await orders.start()
  const [stock, payment, shipping] = names.map(name => new pg.Pool({ connectionString: databases![name], max: 1 }))
  return {
    order: order => placeOrder(orders, order),
    books: () => countBooks({ stock: stock!, payment: payment!, shipping: shipping! }),
    stop: async () => {
      await Promise.all(processes.map(process => process.stop()))
      await orders.stop()
      await Promise.all([pool, stock!, payment!, shipping!].map(each => each.end()))
    },
  }
}
