import { setTimeout as sleep } from 'node:timers/promises'
import type { Shop } from '../runner/playground/playground.ts'
import type { SagaView } from './orchestrator/saga-view.ts'
import type { Product } from './products/http.ts'
import type { User } from './users/http.ts'
import { services } from './wire.ts'

export interface DocumentedOrder {
  readonly name: string
  readonly title: string
  readonly price?: number
  readonly quantity: number
  readonly unknownUser?: true
  /** Somebody else buys all of it once it has been checked. */
  readonly soldMeanwhile?: true
  /** The saga, the order, the balance of 100 and the stock of 5 after it. */
  readonly ends: string
  readonly says: string
}

export const documentedOrders: readonly DocumentedOrder[] = [
  {
    name: 'two-of-five',
    title: 'two of five, for 20 of 100',
    quantity: 2,
    ends: 'COMPLETED, SUCCESS, 80, 3',
    says: 'paid and taken',
  },
  {
    name: 'six-of-five',
    title: 'six of five',
    quantity: 6,
    ends: 'FAILED, FAILED, 100, 5',
    says: 'failed, with nothing taken',
  },
  {
    name: 'too-dear',
    title: 'two for 120, with 100',
    quantity: 2,
    price: 60,
    ends: 'FAILED, FAILED, 100, 5',
    says: 'failed, with nothing taken',
  },
  {
    name: 'unknown-user',
    title: 'for a user nobody knows',
    quantity: 2,
    unknownUser: true,
    ends: 'FAILED, FAILED, 100, 5',
    says: 'failed, with nothing taken',
  },
  {
    name: 'sold-meanwhile',
    title: 'sold to another meanwhile',
    quantity: 2,
    soldMeanwhile: true,
    ends: 'FAILED, FAILED, 100, 0',
    says: 'failed, and the money given back',
  },
  { name: 'none', title: 'none of it', quantity: 0, ends: '422, none, 100, 5', says: 'refused at once' },
]

/** Somebody who has 100, and a product of which there are five. */
export interface Goods {
  readonly user: User
  readonly product: Product
}

export async function enterGoods(shop: Shop, { price = 10 }: DocumentedOrder): Promise<Goods> {
  return {
    user: await ask<User>(`${shop.urlOf(services.user)}/users`, 'POST', { name: 'Ada', balance: 100 }),
    product: await ask<Product>(productsOf(shop), 'POST', { name: 'Tea', price, stock: 5 }),
  }
}

/** What is answered to it. */
export interface Placed {
  readonly answer: number
  readonly saga_id?: string
  readonly order_id?: number
  readonly detail?: unknown
}

export async function place(
  shop: Shop,
  { quantity, unknownUser, soldMeanwhile }: DocumentedOrder,
  { user, product }: Goods,
): Promise<Placed> {
  const wanted = { product_id: product.id, owner_id: unknownUser ? user.id + 1_000_000 : user.id, quantity }
  const order = async (): Promise<Placed> => {
    const url = `${shop.urlOf(services.orchestrator)}/orders`
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(wanted) })
    return { answer: response.status, ...((await response.json()) as object) }
  }
  if (!soldMeanwhile) return order()
  // The user service can check no balance as long as somebody else is at work in its database.
  return shop.service(services.user).transaction(async () => {
    const placed = await order()
    if (placed.saga_id === undefined) return placed
    await until(shop, placed.saga_id, ({ current_step }) => current_step === 'CHECK_BALANCE')
    await ask(`${productsOf(shop)}/${product.id}`, 'PUT', { ...product, stock: 0 })
    return placed
  })
}

/** The saga as soon as it has come so far, or as it is after half a minute. */
export async function until(
  shop: Shop,
  id: string,
  hasCome: (saga: SagaView) => boolean,
  signal?: AbortSignal,
): Promise<SagaView> {
  const givingUpAt = performance.now() + 30_000
  for (;;) {
    const saga = await ask<SagaView>(`${shop.urlOf(services.orchestrator)}/sagas/${id}`)
    if (hasCome(saga) || signal?.aborted || performance.now() > givingUpAt) return saga
    await sleep(20)
  }
}

export async function ask<Data>(url: string, method = 'GET', body?: object): Promise<Data> {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return (await response.json()) as Data
}

function productsOf(shop: Shop): string {
  return `${shop.urlOf(services.product)}/products`
}
