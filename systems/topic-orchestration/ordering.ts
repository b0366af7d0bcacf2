import { type Cause, saga } from 'makegood'
import { typebox } from 'makegood/typebox'
import {
  checkBalance,
  checkStock,
  createOrder,
  failOrder,
  NewOrder,
  refund,
  restock,
  updateBalance,
  updateStatus,
  updateStock,
} from './messages.ts'

/** How long the order service may be asked for an order before the saga ends without one. */
const createMsMax = 30_000
const dayMs = 24 * 3_600_000

/**
 * Enters the order, asks whether stock and balance will do, takes both, and confirms the order. What was taken is given
 * back, last first, and only then the order is FAILED: that undoes the first step, whichever of the others has failed.
 */
export const ordering = saga('ordering', { version: 1, data: typebox(NewOrder) })
  .compensatable('create_order', createOrder, {
    payload: order => order,
    deadlineMs: createMsMax,
    compensation: {
      command: failOrder,
      payload: (_order, { create_order: { order_id } }, cause) => ({ order_id, ...failedFor(cause) }),
      // It may have been entered without our knowing: the order service finds it by the saga.
      inDoubt: (order, _replies, cause) => ({ ...order, ...failedFor(cause) }),
    },
  })
  .compensatable('check_stock', checkStock, { payload: goods, compensation: 'not needed' })
  .compensatable('check_balance', checkBalance, { payload: price, compensation: 'not needed' })
  .compensatable('update_balance', updateBalance, {
    payload: price,
    compensation: {
      command: refund,
      payload: (order, replies) => priceBack(order, replies),
      inDoubt: (order, replies) => priceBack(order, replies),
    },
  })
  .compensatable('update_stock', updateStock, {
    payload: goods,
    compensation: {
      command: restock,
      payload: (order, replies) => goods(order, replies),
      inDoubt: (order, replies) => goods(order, replies),
    },
  })
  .pivot('update_order', updateStatus, {
    payload: (_order, { create_order: { order_id } }) => ({ order_id, status: 'SUCCESS' as const }),
    // All is paid and taken: an error is tried again for a day, and only a refusal turns back.
    retry: { forMs: dayMs },
  })
  .ends()

interface Created {
  readonly create_order: { readonly order_id: number }
}

interface Priced extends Created {
  readonly check_stock: { readonly total_price: number }
}

function goods({ product_id, quantity }: NewOrder, { create_order: { order_id } }: Created) {
  return { product_id, quantity, order_id }
}

function price({ owner_id }: NewOrder, { create_order: { order_id }, check_stock: { total_price } }: Priced) {
  return { owner_id, amount: total_price, order_id }
}

function priceBack(order: NewOrder, replies: Priced) {
  const { amount, ...owed } = price(order, replies)
  return { ...owed, amount: -amount }
}

function failedFor(cause: Cause) {
  return { status: 'FAILED', reason: reasonOf(cause) } as const
}

/** What a participant or an operator said; where nobody said anything, what happened. */
function reasonOf({ step, code, details }: Cause): string {
  if (typeof details === 'object' && details !== null && 'reason' in details)
    return String(details.reason).slice(0, 500)
  return code === 'DEADLINE_PASSED' ? `No answer to ${step} in time` : `The step ${step} could not be done (${code})`
}
