import { setTimeout as sleep } from 'node:timers/promises'
import colors from 'picocolors'
import { demonstration } from '../runner/demonstration.ts'
import { LiveLines } from '../runner/live-lines.ts'
import type { RunningSystem } from '../runner/running-system.ts'
import { drawWay } from './demo-view.ts'
import { type DocumentedOrder, documentedOrders, obliging, requestOf } from './documented-orders.ts'
import type { Switches } from './environment.ts'
import type { SagaView } from './orchestrator/saga-view.ts'
import type { Order } from './orders/order-queries.ts'
import { ecommerce, twoLaptops } from './system.ts'
import { services } from './wire.ts'

/** Places every documented order, shows its way, and checks how it ends. Resolves with the exit code. */
export async function demo(signal: AbortSignal): Promise<number> {
  const switches: Switches = { ...obliging, delayScale: 0.4 }
  const system = ecommerce({
    exchange: 'saga.events',
    orchestratorUrl: undefined,
    requestsPerMinuteMax: 100_000,
    switches,
  })
  say(`Starting the ${system.services.length} services of ${system.name} in this process, each with its own database…`)
  return demonstration(system, signal, async shop => {
    const wrong: string[] = []
    for (const [at, documented] of documentedOrders.entries()) {
      Object.assign(switches, obliging, documented.switches)
      say(`\n${colors.bold(`${at + 1}. ${documented.title}`)}`)
      const differences = await watch(shop, documented, signal)
      if (signal.aborted) return 130
      wrong.push(...differences.map(difference => `${documented.title}: ${difference}`))
      for (const difference of differences) say(colors.red(`   ✗ ${difference}`))
      if (differences.length === 0) say(colors.green(`   ✓ ${documented.ends}`))
    }
    say(
      wrong.length === 0
        ? colors.green('\nEvery order ended as documented.')
        : colors.red(`\n${wrong.length} things are not as documented.`),
    )
    return wrong.length === 0 ? 0 : 1
  })
}

/** Draws the order's way until it has ended; resolves with what is not as documented. */
async function watch(shop: RunningSystem, documented: DocumentedOrder, signal: AbortSignal): Promise<string[]> {
  const reservedBefore = await reservedLaptops(shop)
  const placed = await ask<Order>(shop, services.orders, '/api/v1/orders', requestOf(documented))
  const path = `/api/v1/orders/${placed?.id}`
  const lines = new LiveLines(process.stdout)
  const until = performance.now() + 30_000
  for (;;) {
    const order = await ask<Order>(shop, services.orders, path)
    const saga = await ask<SagaView>(shop, services.orders, `${path}/saga`)
    const hasEnded = order?.status === 'completed' || order?.status === 'cancelled'
    if (hasEnded || signal.aborted || performance.now() > until) {
      lines.end(drawWay(saga, order))
      break
    }
    lines.draw(drawWay(saga, order))
    await sleep(40)
  }
  const order = await ask<Order>(shop, services.orders, path)
  const is = {
    order: order?.status,
    reason: order?.failure_reason,
    saga: (await ask<SagaView>(shop, services.orders, `${path}/saga`))?.status,
    payment: (await ask<Kept>(shop, services.payments, `${path}/payment`))?.status ?? 'none',
    shipment: (await ask<Kept>(shop, services.shipping, `${path}/shipment`))?.status ?? 'none',
    notification: (await ask<Kept>(shop, services.notifications, `${path}/notification`))?.status ?? 'none',
    netCharge: await netCharge(shop, placed?.id),
    reserved: (await reservedLaptops(shop)) - reservedBefore,
  }
  return Object.entries(is)
    .filter(([name, value]) => documented[name as keyof typeof is] !== value)
    .map(([name, value]) => `${name} is ${value}, documented is ${documented[name as keyof typeof is]}`)
}

interface Kept {
  readonly status: string
}

async function reservedLaptops(shop: RunningSystem): Promise<number> {
  const products = await ask<{ id: string; reserved_stock: number }[]>(shop, services.inventory, '/api/v1/products')
  return products?.find(({ id }) => id === twoLaptops.items[0]?.product_id)?.reserved_stock ?? 0
}

async function netCharge(shop: RunningSystem, orderId = ''): Promise<number> {
  const path = `/api/v1/provider/requests?order_id=${orderId}`
  const requests = (await ask<{ kind: string; outcome: string; amount: number }[]>(shop, services.payments, path)) ?? []
  const done = requests.filter(({ outcome }) => outcome === 'done')
  return done.reduce((sum, { kind, amount }) => sum + (kind === 'charge' ? amount : -amount), 0)
}

/** What a request's answer holds; undefined if it is refused. */
async function ask<Data>(shop: RunningSystem, service: string, path: string, body?: object): Promise<Data | undefined> {
  const posted = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`${shop.urlOf(service)}${path}`, posted)
  return ((await response.json()) as { data?: Data }).data
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
