/** What the two services tell each other: payloads as the documentation shows them, in one place. */
import { event } from 'makegood'
import { typebox } from 'makegood/typebox'
import Type, { type Static } from 'typebox'
import { toCents } from '../runner/cents.ts'
import { integerMax } from '../runner/fastapi/fields.ts'

/** The largest amount that is read: what the shop sells costs less. */
export const amountMax = 99_999_999.99

const Integer = Type.Integer({ minimum: -integerMax, maximum: integerMax })

export const orderStatuses = ['pending', 'confirmed', 'cancelled', 'completed'] as const

const order = {
  order_id: Type.Integer({ minimum: 1, maximum: integerMax }),
  customer_id: Integer,
  product_id: Integer,
  quantity: Type.Integer({ minimum: 1, maximum: integerMax }),
  total_price: Type.Refine(
    Type.Number({ minimum: 0, maximum: amountMax }),
    amount => toCents(amount) !== undefined,
    () => 'must have at most two decimals',
  ),
}
const created_at = Type.String({ format: 'date-time', maxLength: 64 })
/** Without the one character that no database stores. */
const Reason = Type.String({ maxLength: 500, pattern: '^[^\\u0000]*$' })

export type CreatedOrder = Static<typeof CreatedOrder>
export const CreatedOrder = Type.Object({ ...order, status: Type.Enum([...orderStatuses]), created_at })
export const FulfilledOrder = Type.Object({ ...order, status: Type.Literal('FULFILLED'), created_at })
/** The reason is ours: whoever follows the documentation alone gives none. */
export const RejectedOrder = Type.Object({
  ...order,
  status: Type.Literal('REJECTED'),
  created_at,
  reason: Type.Optional(Reason),
})

export const orderCreated = event('order.created', { payload: typebox(CreatedOrder) })
export const orderFulfilled = event('order.fulfilled', { payload: typebox(FulfilledOrder) })
export const orderRejected = event('order.rejected', { payload: typebox(RejectedOrder) })
