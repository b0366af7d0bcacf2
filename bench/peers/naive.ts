import { fileURLToPath } from 'node:url'
import { startChild } from '../child.ts'
import type { Start } from '../set-up.ts'
import { countBooks } from '../shop/books.ts'
import type { Order, Outcome } from '../shop/order.ts'
import { openChannel, receive, send } from './naive-channel.ts'
import { poolsOf } from './pools.ts'

/** A chain of queues without inbox and outbox: each service does its step, sends the order on and acknowledges. */
export const start: Start = async environment => {
  const { channel, close } = await openChannel(environment.brokerAddress!)
  const waiting = new Map<string, (outcome: Outcome) => void>()
  for (const outcome of ['shipped', 'refused'] as const) {
    await receive(channel, outcome, async (order: Order) => waiting.get(order.orderId)?.(outcome))
  }
  const file = fileURLToPath(new URL('naive-process.ts', import.meta.url))
  const processes = await Promise.all(
    ['stock', 'payment', 'shipping'].map(name => startChild(file, { name, environment })),
  )
  const shop = poolsOf(environment)
  return {
    order: async order => {
      const ended = new Promise<Outcome>(resolve => waiting.set(order.orderId, resolve))
      send(channel, 'reserve', order)
      const outcome = await ended
      waiting.delete(order.orderId)
      return outcome
    },
    books: () => countBooks(shop),
    stop: async () => {
      await Promise.all(processes.map(process => process.stop()))
      await close()
      await shop.end()
    },
  }
}
