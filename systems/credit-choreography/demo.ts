import { setTimeout as sleep } from 'node:timers/promises'
import Table from 'cli-table3'
import colors from 'picocolors'
import { demonstration } from '../runner/demonstration.ts'
import type { RunningSystem } from '../runner/running-system.ts'
import type { Customer, Payment } from './customers/http.ts'
import { documentedOrders } from './documented-orders.ts'
import type { Order } from './orders/order-queries.ts'
import { creditChoreography, documentedOrder } from './system.ts'
import { services } from './wire.ts'

/** Places every documented order, shows what became of it, and checks that. Resolves with the exit code. */
export async function demo(signal: AbortSignal): Promise<number> {
  const system = creditChoreography({ requestsPerMinuteMax: 100_000 })
  say(`Starting the two services of ${system.name} and their tracker in this process, each with its own database…\n`)
  return demonstration(system, signal, async shop => {
    const table = new Table({
      head: ['order', 'answer', 'status', 'payment', "Alice's balance", ''],
      // Its own colours would reach files and pipes too.
      style: { head: [], border: [], compact: true },
    })
    const wrong: string[] = []
    for (const documented of documentedOrders) {
      const { answer, status, payment, balance } = await place(shop, documented.order, signal)
      if (signal.aborted) return 130
      const is = [answer, status, payment, balance].join(', ')
      const isRight = is === documented.ends
      if (!isRight) wrong.push(`${documented.title}: it is ${is}, documented is ${documented.ends}`)
      table.push([documented.title, answer, status, payment, balance, isRight ? colors.green('✓') : colors.red('✗')])
    }
    say(table.toString())
    for (const difference of wrong) say(colors.red(difference))
    if (wrong.length === 0) say(colors.green('\nEvery order ended as documented.'))
    return wrong.length === 0 ? 0 : 1
  })
}

async function place(shop: RunningSystem, fields: object, signal: AbortSignal) {
  const [orders, customers] = [shop.urlOf(services.orders), shop.urlOf(services.customers)]
  const body = JSON.stringify({ ...documentedOrder, ...fields })
  const response = await fetch(`${orders}/orders/`, { method: 'POST', body })
  const placed = (await response.json()) as Order
  let order = response.ok ? placed : undefined
  const until = performance.now() + 30_000
  while (order?.status === 'pending' && !signal.aborted && performance.now() < until) {
    await sleep(20)
    order = await get<Order>(`${orders}/orders/${placed.id}`)
  }
  const payments = await get<Payment[]>(`${customers}/payments/`)
  const { balance } = await get<Customer>(`${customers}/customers/${documentedOrder.customer_id}`)
  return {
    answer: response.status,
    status: order === undefined ? 'none' : [order.status, order.reason].filter(Boolean).join(': '),
    payment: payments.find(({ order_id }) => order_id === order?.id)?.status ?? 'none',
    balance,
  }
}

async function get<Data>(url: string): Promise<Data> {
  const response = await fetch(url)
  return (await response.json()) as Data
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
