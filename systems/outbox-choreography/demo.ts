import { setTimeout as sleep } from 'node:timers/promises'
import colors from 'picocolors'
import { demonstration } from '../runner/demonstration.ts'
import type { RunningSystem } from '../runner/running-system.ts'
import { documentedOrders, type End } from './documented-orders.ts'
import type { OrderStatus, ToldOrder } from './messages.ts'
import { nextStatuses } from './order/order-status.ts'
import { outboxChoreography } from './system.ts'
import { services } from './wire.ts'

/** Places every documented order, shows what becomes of it, and checks how it ends. Resolves with the exit code. */
export async function demo(signal: AbortSignal): Promise<number> {
  const system = outboxChoreography({ paymentLimitCents: 100_000n })
  say(
    `Starting ${system.name} in this process: three services and their tracker, each with its own database, and the gateway…`,
  )
  return demonstration(system, signal, async shop => {
    let wrong = 0
    for (const [at, documented] of documentedOrders.entries()) {
      say(`\n${colors.bold(`${at + 1}. ${documented.title}`)}`)
      const is = await watch(shop, documented.order, signal)
      if (signal.aborted) return 130
      const wanted = { ...documented.ends }
      const differences = Object.keys(wanted).filter(name => is[name as keyof End] !== wanted[name as keyof End])
      for (const name of differences as (keyof End)[])
        say(colors.red(`   ✗ ${name} is ${is[name]}, documented is ${wanted[name]}`))
      if (differences.length === 0) say(colors.green(`   ✓ ${documented.says}`))
      wrong += differences.length
    }
    say(wrong === 0 ? colors.green('\nEvery order ended as documented.') : colors.red(`\n${wrong} things did not.`))
    return wrong === 0 ? 0 : 1
  })
}

/** Says every status that the order comes to; resolves when it has ended everywhere, or with what there is after a while. */
async function watch(shop: RunningSystem, wanted: object, signal: AbortSignal): Promise<End> {
  const orders = `${shop.urlOf(services.order)}/api/v1/orders/`
  const placed = await fetch(orders, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(wanted),
  })
  const { order_id } = (await placed.json()) as ToldOrder
  const until = performance.now() + 20_000
  let seen: OrderStatus | undefined
  for (;;) {
    const { status, product_id } = await read<ToldOrder>(`${orders}${order_id}/`)
    if (status !== seen) say(`   order ${order_id} is ${status}`)
    seen = status
    const reservations = await read<Kept[]>(`${shop.urlOf(services.stock)}/api/v1/reservations/`)
    const payments = await read<Kept[]>(`${shop.urlOf(services.payment)}/api/v1/payments/`)
    const stocks = await read<Stock[]>(`${shop.urlOf(services.stock)}/api/v1/stocks/`)
    const end: End = {
      order: status,
      reservation: statusFor(order_id, reservations),
      payment: statusFor(order_id, payments),
      stock: stocks.find(stock => stock.product_id === product_id)?.quantity ?? 0,
    }
    const isOver = nextStatuses[status].length === 0 && (status !== 'payment_denied' || end.reservation === status)
    if (isOver || signal.aborted || performance.now() > until) return end
    await sleep(20)
  }
}

interface Kept {
  readonly order_id: string
  readonly status: string
}

interface Stock {
  readonly product_id: string
  readonly quantity: number
}

function statusFor(orderId: number, kept: readonly Kept[]): string {
  return kept.find(({ order_id }) => order_id === String(orderId))?.status ?? 'none'
}

async function read<Data>(url: string): Promise<Data> {
  return (await (await fetch(url)).json()) as Data
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
