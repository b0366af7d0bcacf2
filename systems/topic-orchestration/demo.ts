import { setTimeout as sleep } from 'node:timers/promises'
import Table from 'cli-table3'
import colors from 'picocolors'
import { demonstration } from '../runner/demonstration.ts'
import type { RunningSystem } from '../runner/running-system.ts'
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
      const { way, ends } = await place(shop, documented, signal)
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

interface DocumentedOrder {
  readonly title: string
  readonly price?: number
  readonly quantity: number
  readonly unknownUser?: true
  /** Somebody else buys all of it once it has been checked. */
  readonly soldMeanwhile?: true
  /** The saga, the order, the balance of 100 and the stock of 5 after it. */
  readonly ends: string
}

const documentedOrders: readonly DocumentedOrder[] = [
  { title: 'two of five, for 20 of 100', quantity: 2, ends: 'COMPLETED, SUCCESS, 80, 3' },
  { title: 'six of five', quantity: 6, ends: 'FAILED, FAILED, 100, 5' },
  { title: 'two for 120, with 100', quantity: 2, price: 60, ends: 'FAILED, FAILED, 100, 5' },
  { title: 'for a user nobody knows', quantity: 2, unknownUser: true, ends: 'FAILED, FAILED, 100, 5' },
  { title: 'sold to another meanwhile', quantity: 2, soldMeanwhile: true, ends: 'FAILED, FAILED, 100, 0' },
  { title: 'none of it', quantity: 0, ends: '422, none, 100, 5' },
]

async function place(
  shop: RunningSystem,
  { price = 10, quantity, unknownUser, soldMeanwhile }: DocumentedOrder,
  signal: AbortSignal,
) {
  const [users, products] = [`${shop.urlOf(services.user)}/users`, `${shop.urlOf(services.product)}/products`]
  const orchestrator = shop.urlOf(services.orchestrator)
  const user = await ask<User>(users, 'POST', { name: 'Ada', balance: 100 })
  const product = await ask<Product>(products, 'POST', { name: 'Tea', price, stock: 5 })
  const wanted = { product_id: product.id, owner_id: unknownUser ? user.id + 1 : user.id, quantity }

  const order = async (): Promise<Placed> => {
    const response = await fetch(`${orchestrator}/orders`, { method: 'POST', body: JSON.stringify(wanted) })
    return { answer: response.status, ...((await response.json()) as object) }
  }
  const until = async ({ saga_id }: Placed, hasCome: (saga: SagaView) => boolean): Promise<SagaView> => {
    const givingUpAt = performance.now() + 30_000
    for (;;) {
      const saga = await ask<SagaView>(`${orchestrator}/sagas/${saga_id}`)
      if (hasCome(saga) || signal.aborted || performance.now() > givingUpAt) return saga
      await sleep(20)
    }
  }
  /** The user service can check no balance as long as somebody else is at work in its database. */
  const orderWhatIsSold = () =>
    shop.service(services.user).transaction(async () => {
      const placed = await order()
      await until(placed, ({ current_step }) => current_step === 'CHECK_BALANCE')
      await ask(`${products}/${product.id}`, 'PUT', { ...product, stock: 0 })
      return placed
    })

  const placed = soldMeanwhile ? await orderWhatIsSold() : await order()
  const saga = placed.saga_id && (await until(placed, ({ status }) => status === 'COMPLETED' || status === 'FAILED'))
  const { balance } = await ask<User>(`${users}/${user.id}`)
  const { stock } = await ask<Product>(`${products}/${product.id}`)
  if (!saga) return { way: '', ends: [placed.answer, 'none', balance, stock] }
  const { status } = await ask<Order>(`${shop.urlOf(services.order)}/orders/${placed.order_id}`)
  return {
    way: saga.step_history.steps.map(({ step, status }) => `${step} ${status}`).join('\n'),
    ends: [saga.status, status, balance, stock],
  }
}

interface Placed {
  readonly answer: number
  readonly saga_id?: string
  readonly order_id?: number
}

async function ask<Data>(url: string, method = 'GET', body?: object): Promise<Data> {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return (await response.json()) as Data
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
