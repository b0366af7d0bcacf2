import { type JobHelpers, Logger, run } from 'graphile-worker'
import type { Start } from '../set-up.ts'
import { countBooks } from '../shop/books.ts'
import type { Order, Outcome } from '../shop/order.ts'
import { charge, refund, release, reserve, ship } from '../shop/steps.ts'
import { poolsOf } from './pools.ts'

/**
 * graphile-worker in the client's own process: each step is a job that does its work and adds the next job, as one
 * writes it by hand. Step and next job are two transactions, so a crash between them does the step again.
 */
export const start: Start = async environment => {
  const shop = poolsOf(environment)
  const waiting = new Map<string, (outcome: Outcome) => void>()
  const end = (order: Order, outcome: Outcome) => waiting.get(order.orderId)?.(outcome)
  const step =
    (work: (order: Order) => Promise<string | Outcome>) =>
    async (payload: unknown, { addJob }: JobHelpers): Promise<void> => {
      const order = payload as Order
      const next = await work(order)
      if (next === 'shipped' || next === 'refused') end(order, next)
      else await addJob(next, order)
    }

  shop.orders.on('error', () => {})
  shop.orders.on('connect', client => void client.on('error', () => {}))
  const worker = await run({
    pgPool: shop.orders,
    noHandleSignals: true,
    // The fastest of four settings that were tried: its local queue and batched completions take an eighth of the CPU.
    preset: { worker: { concurrentJobs: 16, localQueue: { size: 64 }, completeJobBatchDelay: 0 } },
    logger: new Logger(() => () => {}),
    taskList: {
      reserve: step(async order => {
        await reserve(shop.stock, order)
        return 'charge'
      }),
      charge: step(async order => {
        await charge(shop.payment, order)
        return 'ship'
      }),
      ship: step(async order => ((await ship(shop.shipping, order)) ? 'shipped' : 'refund')),
      refund: step(async order => {
        await refund(shop.payment, order)
        return 'release'
      }),
      release: step(async order => {
        await release(shop.stock, order)
        return 'refused'
      }),
    },
  })
  return {
    order: async order => {
      const ended = new Promise<Outcome>(resolve => waiting.set(order.orderId, resolve))
      await worker.addJob('reserve', order)
      const outcome = await ended
      waiting.delete(order.orderId)
      return outcome
    },
    books: () => countBooks(shop),
    stop: async () => {
      await worker.stop()
      await shop.end()
    },
  }
}
