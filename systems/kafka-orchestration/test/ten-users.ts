import { expect } from 'vitest'
import type { PlacedOrder, Shop } from './shop.ts'

/** Ten orders at once for six pieces at 50; every third user cannot pay. */
export async function tenUsersOrder(shop: Shop): Promise<TenOrders> {
  const productID = await shop.enterProduct(50, 6)
  const users = []
  for (let at = 0; at < 10; at += 1) {
    const balance = at % 3 === 2 ? 20 : 70
    users.push({ userID: await shop.enterUser(balance), balance })
  }
  const placed = await Promise.all(
    users.map(async ({ userID, balance }) => ({ balance, order: await shop.place({ userID, productID }) })),
  )
  return { productID, placed }
}

export interface TenOrders {
  readonly productID: number
  readonly placed: readonly { readonly balance: number; readonly order: PlacedOrder }[]
}

/** Waits until all have ended: each as the user's own, and pieces and money add up. */
export async function eachHasTheirOwn(shop: Shop, { productID, placed }: TenOrders): Promise<void> {
  let sold = 0
  for (const { balance, order } of placed) {
    const ended = await shop.ended(order)
    expect(ended).toMatchObject({ userID: order.userId, productID, amount: 50 })
    const isSold = ended.status === 'ORDER_COMPLETED'
    if (balance < 50) expect(isSold).toBe(false)
    sold += isSold ? 1 : 0
    expect(await shop.balance(order.userId)).toBe(isSold ? balance - 50 : balance)
    const approved = (await shop.payments(order)).filter(({ status }) => status === 'PAYMENT_APPROVED')
    expect(approved).toHaveLength(isSold ? 1 : 0)
  }
  expect(await shop.stock(productID)).toBe(6 - sold)
  // Those who cannot pay hold a piece each for a while, in which others may be told that there is none.
  expect(sold).toBeGreaterThanOrEqual(3)
  expect(sold).toBeLessThanOrEqual(6)
}
