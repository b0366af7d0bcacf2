import { setTimeout as pause } from 'node:timers/promises'
import type { SagaReport, Service } from 'makegood'
import { embedded } from 'makegood/embedded'
import { postgres } from 'makegood/postgres'
import pg from 'pg'
import { checkout } from '../makegood/checkout.ts'
import { shopService } from '../makegood/shop.ts'
import type { Domain } from '../set-up.ts'
import type { Order } from '../shop/order.ts'
import type { Db } from '../shop/steps.ts'

/** Where a saga can stand, and under which name its rows are kept. */
export const places = ['stock', 'payment', 'shipping', 'completed', 'compensated', 'compensating'] as const
type Place = (typeof places)[number]

/**
 * Leads sagas of the shop to every place at which one can stand, and keeps their rows in the tables `real_saga`,
 * `real_event` and `real_reply`, from which as many as wanted are made.
 */
export async function keepRealSagas(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  const transport = embedded()
  const start = async (name: Domain) => {
    const service = shopService(name, { store: postgres<Db>({ pool }), transport })
    await service.start()
    return service
  }
  try {
    const orders = await start('orders')
    await pool.query(kept)
    const place = (orderId: string, region: Order['region']) =>
      orders.startSaga(
        checkout,
        { orderId, sku: 1, quantity: 1, account: 1, amountCents: 4_999, region },
        { key: orderId },
      )
    const keep = async (sagaId: string, at: Place) => {
      await until(orders, sagaId, at)
      await pool.query(`insert into real_saga select $2, * from makegood.saga where id = $1`, [sagaId, at])
      await pool.query(`insert into real_event select $2, * from makegood.saga_event where saga_id = $1`, [sagaId, at])
      await pool.query(
        `insert into real_reply select $2, * from makegood.inbox where service = 'orders' and saga_id = $1`,
        [sagaId, at],
      )
    }

    const shipped = await place('real-1', 'mainland')
    await keep(shipped.sagaId, 'stock')
    const stock = await start('stock')
    await keep(shipped.sagaId, 'payment')
    const payment = await start('payment')
    await keep(shipped.sagaId, 'shipping')
    const shipping = await start('shipping')
    await keep(shipped.sagaId, 'completed')
    const refused = await place('real-2', 'island')
    await keep(refused.sagaId, 'compensated')

    await shipping.stop()
    const goingBack = await place('real-3', 'island')
    await until(orders, goingBack.sagaId, 'shipping')
    await payment.stop()
    const again = await start('shipping')
    await keep(goingBack.sagaId, 'compensating')
    await Promise.all([orders, stock, again].map(service => service.stop()))
  } finally {
    await pool.end()
  }
}

const kept = `
create table real_saga as select null::text as place, * from makegood.saga limit 0;
create table real_event as select null::text as place, * from makegood.saga_event limit 0;
create table real_reply as select null::text as place, * from makegood.inbox limit 0`

async function until(orders: Service<string, Db>, sagaId: string, place: Place): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const { state } = (await orders.queries.saga(sagaId))!
    if (state.status === place || isOpen(state, place)) return
    await pause(50)
  }
  throw new Error(`A saga of the shop did not come to ${place}.`)
}

function isOpen(state: SagaReport['state'], place: Place): boolean {
  return state.status === 'running' && state.steps[place]?.forward.state === 'open'
}
