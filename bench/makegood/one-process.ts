import { embedded } from 'makegood/embedded'
import { postgres } from 'makegood/postgres'
import pg from 'pg'
import { domains, type Start } from '../set-up.ts'
import { countBooks } from '../shop/books.ts'
import { placeOrder, shopService } from './shop.ts'

/** All four services and the client in one process, on one database. */
export const start: Start = async ({ databases }) => {
  const transport = embedded()
  const pool = new pg.Pool({ connectionString: databases!.orders, pipeline: true, max: 20 } as pg.PoolConfig)
  const services = domains.map(name => shopService(name, { store: postgres({ pool }), transport }))
  for (const each of services) await each.start()
  const counting = new pg.Pool({ connectionString: databases!.orders, max: 1 })
  return {
    order: order => placeOrder(services[0]!, order),
    books: () => countBooks({ stock: counting, payment: counting, shipping: counting }),
    stop: async () => {
      await Promise.all(services.map(each => each.stop()))
      await Promise.all([pool.end(), counting.end()])
    },
  }
}
