import Table from 'cli-table3'
import colors from 'picocolors'
import { demonstration } from '../runner/demonstration.ts'
import type { RunningSystem } from '../runner/running-system.ts'
import { ask, type DocumentedOrder, documentedOrders, enterGoods, place, until } from './documented-orders.ts'
import type { SagaView } from './orchestrator/saga-view.ts'
import type { Order } from './orders/order-queries.ts'
import type { Product } from './products/http.ts'
import { topicOrchestration } from './system.ts'
import type { User } from './users/http.ts'
import { services } from './wire.ts'

/** Places every documented order, shows its way, and checks how it ends. Resolves with the exit code. */
export function demo(signal: AbortSignal): Promise<number> {
  const system = topicOrchestration({ orderServiceUrl: undefined, requestsPerMinuteMax: 100_000 })
  say(`Starting the four services of ${system.name} in this process, each with its own database…\n`)
  return demonstration(system, signal, async shop => {
    const table = new Table({
      head: ['order', 'way', 'saga', 'order', 'balance', 'stock', ''],
      // Its own colours would reach files and pipes too.
      style: { head: [], border: [], compact: true },
    })
    const wrong: string[] = []
    for (const documented of documentedOrders) {
      const { way, ends } = await show(shop, documented, signal)
      if (signal.aborted) return 130
      const is = ends.join(', ')
      const isRight = is === documented.ends
      if (!isRight) wrong.push(`${documented.title}: it is ${is}, documented is ${documented.ends}`)
      table.push([documented.title, way, ...ends, isRight ? colors.green('✓') : colors.red('✗')])
    }
    say(table.toString())
    for (const difference of wrong) say(colors.red(difference))
    if (wrong.length === 0) say(colors.green('\nEvery order ended as documented.'))
    return wrong.length === 0 ? 0 : 1
  })
}

async function show(shop: RunningSystem, documented: DocumentedOrder, signal: AbortSignal) {
  const goods = await enterGoods(shop, documented)
  const { answer, saga_id, order_id } = await place(shop, documented, goods)
  const hasEnded = ({ status }: SagaView) => status === 'COMPLETED' || status === 'FAILED'
  const saga = saga_id === undefined ? undefined : await until(shop, saga_id, hasEnded, signal)
  const { balance } = await ask<User>(`${shop.urlOf(services.user)}/users/${goods.user.id}`)
  const { stock } = await ask<Product>(`${shop.urlOf(services.product)}/products/${goods.product.id}`)
  if (saga === undefined) return { way: '', ends: [answer, 'none', balance, stock] }
  const { status } = await ask<Order>(`${shop.urlOf(services.order)}/orders/${order_id}`)
  return {
    way: saga.step_history.steps.map(({ step, status }) => `${step} ${status}`).join('\n'),
    ends: [saga.status, status, balance, stock],
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
