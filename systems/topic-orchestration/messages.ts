/** What the orchestrator asks of the others, and what they answer: payloads as the documentation shows them. */
import { command } from 'makegood'
import { typebox } from 'makegood/typebox'
import Type, { type Static } from 'typebox'
import { toCents } from '../runner/cents.ts'
import { integerMax } from '../runner/fastapi/fields.ts'

/** The largest amounts that are read: what all of a product's stock costs is still a number with exact cents. */
export const priceMax = 9_999_999.99
export const stockMax = 1_000_000
export const balanceMax = priceMax * stockMax

const Id = Type.Integer({ minimum: -integerMax, maximum: integerMax })
const amount = (minimum: number, maximum: number) =>
  Type.Refine(
    Type.Number({ minimum, maximum }),
    amount => toCents(amount) !== undefined,
    () => 'must have at most two decimals',
  )
const Reason = Type.String({ maxLength: 500 })

export const orderStatuses = ['PROCESSING', 'SUCCESS', 'FAILED'] as const

/** An order as it may be placed. */
export type NewOrder = Static<typeof NewOrder>
export const NewOrder = Type.Object({
  product_id: Id,
  owner_id: Id,
  quantity: Type.Integer({ minimum: 1, maximum: integerMax }),
})

/** Every answer may hold what was asked. */
const echo = { payload: Type.Optional(Type.Unknown()) }
const Done = typebox(Type.Object(echo))
const failures = { REFUSED: typebox(Type.Object({ reason: Reason, ...echo })) }

// ── The order itself ────────────────────────────────────────────────────────────────────────────────────────────────

/** The one step that is not on the exchange: the orchestrator does it, by a call to the order service. */
export const createOrder = command('order.create', {
  payload: typebox(NewOrder),
  reply: typebox(Type.Object({ order_id: Id })),
  failures,
})

const EndedOrder = typebox(
  Type.Object({
    order_id: Id,
    owner_id: Id,
    product_id: Id,
    quantity: Type.Integer(),
    order_status: Type.Enum([...orderStatuses]),
    ...echo,
  }),
)

export type OrderEnd = Static<typeof OrderEnd>
const OrderEnd = Type.Object({
  order_id: Id,
  status: Type.Enum(['SUCCESS', 'FAILED']),
  reason: Type.Optional(Reason),
})
export const updateStatus = command('order.update_status', { payload: typebox(OrderEnd), reply: EndedOrder, failures })

const failed = { status: Type.Literal('FAILED'), reason: Type.Optional(Reason) }
/** By its number; or if nobody has learned that, by its saga, with what it would have been. */
export const failOrder = command('order.fail', {
  payload: typebox(
    Type.Union([Type.Object({ ...failed, order_id: Id }), Type.Object({ ...failed, ...NewOrder.properties })]),
  ),
  reply: Done,
  failures,
})

// ── Stock ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const Goods = Type.Object({
  product_id: Id,
  quantity: Type.Integer({ minimum: -integerMax, maximum: integerMax }),
  order_id: Id,
})
export const checkStock = command('product.check_stock', {
  payload: typebox(Goods),
  reply: typebox(Type.Object({ total_price: amount(0, balanceMax), ...echo })),
  failures,
})
export const updateStock = command('product.update_stock', { payload: typebox(Goods), reply: Done, failures })
export const restock = command('product.restock', { payload: typebox(Goods), reply: Done })

// ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const money = (minimum: number, maximum: number) =>
  typebox(Type.Object({ owner_id: Id, amount: amount(minimum, maximum), order_id: Id }))
export const checkBalance = command('user.check_balance', { payload: money(0, balanceMax), reply: Done, failures })
export const updateBalance = command('user.update_balance', { payload: money(0, balanceMax), reply: Done, failures })
/** What is given back is a negative amount. */
export const refund = command('user.refund', { payload: money(-balanceMax, 0), reply: Done, failures })
