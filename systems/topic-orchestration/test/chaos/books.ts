import { type Ask, type Books, groupedBy, sum, tally } from '../../../runner/test/chaos/books.ts'
import { databases } from '../../environment.ts'

/** In the order of their numbers, from 1: of the second product there is little. */
export const products = [
  { cents: 1_000, stock: 1_000_000 },
  { cents: 1_001, stock: 60 },
]

/** In the order of their numbers, from 1: the third has little. */
export const users = [{ cents: 1_000_000_000_000 }, { cents: 1_000_000_000_000 }, { cents: 30_000 }]

/** Every effect of every order, the stock and the balances. */
export async function count(ask: Ask): Promise<Omit<Books, 'deadLetters' | 'givenUp'>> {
  const orders = await ask<OrderRow>(databases.order, allOrders)
  const sagas = await ask<SagaRow>(databases.orchestrator, allSagas)
  const withdrawals = await ask<WithdrawalRow>(databases.product, allWithdrawals)
  const stocks = await ask<{ id: number; stock: number }>(databases.product, 'select id, stock from products')
  const debits = await ask<DebitRow>(databases.user, allDebits)
  const balances = await ask<{ id: number; cents: number }>(databases.user, allBalances)
  const wrong: string[] = []

  const sagasOf = groupedBy(sagas, row => row.saga_id)
  const withdrawalsOf = groupedBy(withdrawals, row => row.saga_id)
  const debitsOf = groupedBy(debits, row => row.saga_id)
  const kept = (rows: readonly OfSaga[] = []) => rows.map(row => row.status).join(' and ') || 'none'
  for (const order of orders) {
    const { saga_id: id, status } = order
    const must = (what: string, holds: boolean) => {
      if (!holds) wrong.push(`${status} order ${order.id} of saga ${id}: ${what}`)
    }
    const [saga] = sagasOf.get(id) ?? []
    const of = { withdrawals: withdrawalsOf.get(id) ?? [], debits: debitsOf.get(id) ?? [] }
    const found = `saga ${saga?.status}, stock ${kept(of.withdrawals)}, balance ${kept(of.debits)}`
    must(found, ends[status]?.includes(found) ?? false)
    must(
      `is number ${saga?.order_id} to its saga`,
      saga?.order_id === order.id || (saga?.order_id === null && status === 'FAILED'),
    )
    must('is of a request that was told that there is none', saga?.is_kept === true || status === 'FAILED')
    must(
      'something else is taken than was ordered',
      of.withdrawals.every(row => row.product_id === order.product_id && row.quantity === order.quantity),
    )
    const owed = order.quantity * (products[order.product_id - 1]?.cents ?? 0)
    must(
      'somebody else pays, or another price',
      of.debits.every(row => row.user_id === order.owner_id && row.cents === owed),
    )
  }
  const known = new Set(orders.map(order => order.saga_id))
  for (const [what, rows] of Object.entries({ withdrawals, debits })) {
    const strange = rows.filter(row => !known.has(row.saga_id))
    if (strange.length > 0) wrong.push(`${strange.length} ${what} belong to no order`)
  }
  const running = sagas.filter(saga => saga.status !== 'completed' && saga.status !== 'compensated')
  if (running.length > 0) wrong.push(`${running.length} sagas have not ended`)
  const orderless = sagas.filter(saga => saga.status === 'completed' && !known.has(saga.saga_id))
  if (orderless.length > 0) wrong.push(`${orderless.length} sagas are completed and have no order`)

  const completed = orders.filter(order => order.status === 'SUCCESS')
  for (const [at, { stock: initial }] of products.entries()) {
    const left = stocks.find(({ id }) => id === at + 1)?.stock
    const sold = sum(completed.filter(order => order.product_id === at + 1).map(order => order.quantity))
    if (left === undefined || left < 0 || left + sold !== initial)
      wrong.push(`of product ${at + 1} there were ${initial}, ${left} are left and ${sold} sold`)
  }
  for (const [at, { cents: initial }] of users.entries()) {
    const left = balances.find(({ id }) => id === at + 1)?.cents
    const own = completed.filter(order => order.owner_id === at + 1)
    const spent = sum(own.map(order => order.quantity * products[order.product_id - 1]!.cents))
    if (left === undefined || left < 0 || left + spent !== initial)
      wrong.push(`user ${at + 1} had ${initial} cents, has ${left} and has spent ${spent}`)
  }

  const isKept = (order: OrderRow) => sagasOf.get(order.saga_id)?.[0]?.is_kept === true
  const failed = orders.filter(order => order.status === 'FAILED')
  return {
    // Whoever was told that there is no order has asked for another.
    orders: orders.filter(isKept).map(({ id }) => String(id)),
    completed: completed.length,
    cancelled: tally(
      failed.map(order => {
        const taken = debitsOf.has(order.saga_id) ? 'refunded' : 'nothing taken'
        return isKept(order) ? taken : 'after a 503'
      }),
    ),
    remarks: {
      'left of the product that there is little of': stocks.find(({ id }) => id === 2)!.stock,
      'cents left to the user who had little': balances.find(({ id }) => id === 3)!.cents,
    },
    wrong,
  }
}

/** What there may be at the others of an order that has ended; after a failed one everything is given back. */
const ends: { readonly [status: string]: readonly string[] } = {
  SUCCESS: ['saga completed, stock taken, balance taken'],
  FAILED: ['none', 'given back'].flatMap(balance =>
    ['none', 'given back'].map(stock => `saga compensated, stock ${stock}, balance ${balance}`),
  ),
}

interface OfSaga {
  readonly saga_id: string
  readonly status: string
}
interface OrderRow extends OfSaga {
  readonly id: number
  readonly product_id: number
  readonly owner_id: number
  readonly quantity: number
}
interface SagaRow extends OfSaga {
  readonly order_id: number | null
  /** Whether the key of its request still stands for it. */
  readonly is_kept: boolean
}
interface WithdrawalRow extends OfSaga {
  readonly product_id: number
  readonly quantity: number
}
interface DebitRow extends OfSaga {
  readonly user_id: number
  readonly cents: number
}

/** All of them were placed at the orchestrator, and so each has a saga. */
const allOrders = `select id, coalesce(saga_id, 'none') as saga_id, product_id, owner_id, quantity, status from orders`
const allSagas = `
  select saga.id as saga_id, saga.status, sagas.order_id, sagas.idempotency_key is not null as is_kept
  from makegood.saga
  left join sagas on sagas.saga_id = saga.id
`
const allWithdrawals = `
  select saga_id, product_id, quantity, case when restocked_at is null then 'taken' else 'given back' end as status
  from withdrawals
`
const allDebits = `
  select saga_id, user_id, amount_cents::float8 as cents,
    case when refunded_at is null then 'taken' else 'given back' end as status
  from debits
`
const allBalances = 'select id, balance_cents::float8 as cents from users'
