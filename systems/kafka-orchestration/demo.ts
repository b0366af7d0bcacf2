import { setTimeout as sleep } from 'node:timers/promises'
import Table from 'cli-table3'
import colors from 'picocolors'
import { demonstration } from '../runner/demonstration.ts'
import type { RunningSystem } from '../runner/running-system.ts'
import { documentedOrders } from './documented-orders.ts'
import { kafkaOrchestration } from './system.ts'
import { services } from './wire.ts'

/** Places every documented order, shows what became of it, and checks that. Resolves with the exit code. */
export async function demo(signal: AbortSignal): Promise<number> {
  const system = kafkaOrchestration({ requestsPerMinuteMax: 100_000 })
  say(`Starting the four services of ${system.name} in this process, each with its own database…\n`)
  return demonstration(system, signal, async shop => {
    const table = new Table({
      head: ['order', 'answer', 'status', 'payment', 'stock', 'balance', ''],
      // Its own colours would reach files and pipes too.
      style: { head: [], border: [], compact: true },
    })
    const wrong: string[] = []
    for (const { title, userID, productID, ends } of documentedOrders) {
      const order = { userID, productID }
      const { answer, status, payment, stock, balance } = await place(shop, order, signal)
      if (signal.aborted) return 130
      const is = [answer, status, payment, stock, balance].join(', ')
      if (is !== ends) wrong.push(`${title}: it is ${is}, documented is ${ends}`)
      table.push([title, answer, status, payment, stock, balance, is === ends ? colors.green('✓') : colors.red('✗')])
    }
    say(table.toString())
    for (const difference of wrong) say(colors.red(difference))
    if (wrong.length === 0) say(colors.green('\nEvery order ended as documented.'))
    return wrong.length === 0 ? 0 : 1
  })
}

async function place(shop: RunningSystem, order: { userID: number; productID: number }, signal: AbortSignal) {
  const orders = `${shop.urlOf(services.order)}/api/v1/orders`
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(orders, { method: 'POST', headers, body: JSON.stringify(order) })
  const { id, status: placedAs } = (await response.json()) as { id: string; status: string }
  let status = response.ok ? placedAs : 'none'
  const until = performance.now() + 30_000
  while (status === 'ORDER_CREATED' && !signal.aborted && performance.now() < until) {
    await sleep(20)
    status = (await get<{ status: string }>(`${orders}/${id}`)).status
  }
  const [stock, payment] = [shop.urlOf(services.stock), shop.urlOf(services.payment)]
  const stocks = await get<{ productId: number; quantity: number }[]>(`${stock}/api/v1/stocks`)
  const balances = await get<{ userId: number; balance: number }[]>(`${payment}/api/v1/balances`)
  const payments = await get<{ orderId: string; status: string }[]>(`${payment}/api/v1/payments`)
  return {
    answer: response.status,
    status: status.replace('ORDER_', ''),
    payment: payments.find(({ orderId }) => orderId === id)?.status.replace('PAYMENT_', '') ?? 'none',
    stock: stocks.find(({ productId }) => productId === order.productID)?.quantity ?? 'none',
    balance: balances.find(({ userId }) => userId === order.userID)?.balance ?? 'none',
  }
}

async function get<Data>(url: string): Promise<Data> {
  const response = await fetch(url)
  return (await response.json()) as Data
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
