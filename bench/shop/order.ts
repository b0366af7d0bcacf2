export interface Order {
  readonly orderId: string
  readonly sku: number
  readonly quantity: number
  readonly account: number
  readonly amountCents: number
  /** Nobody ships to `island`: every tenth order is refused at the last step. */
  readonly region: string
}

export type Goods = Pick<Order, 'sku' | 'quantity'>
export type Money = Pick<Order, 'account' | 'amountCents'>
export type Parcel = Pick<Order, 'orderId' | 'quantity' | 'amountCents' | 'region'>

export type Outcome = 'shipped' | 'refused'

/** Orders without end, the same ones for the same name. */
export function* orders(name: string, skus: number = skusInStock): Generator<Order, never> {
  const draw = drawingFrom(name)
  for (let n = 1; ; n++) {
    const quantity = 1 + draw(3)
    yield {
      orderId: `${name}-${n}`,
      sku: 1 + draw(skus),
      quantity,
      account: 1 + draw(accounts),
      amountCents: quantity * (100 + draw(900)),
      region: n % 10 === 0 ? 'island' : 'mainland',
    }
  }
}

const skusInStock = 1_000
const accounts = 10_000

/** A linear congruential generator (Numerical Recipes), seeded by a name: chance that can be repeated. */
function drawingFrom(name: string): (below: number) => number {
  let state = [...name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0, 7)
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
