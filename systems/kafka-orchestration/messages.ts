/** What the services say to each other: payloads as the documentation shows them, in one place. */
import { command, event } from 'makegood'
import { typebox } from 'makegood/typebox'
import Type, { type Static } from 'typebox'
import { toCents } from '../runner/cents.ts'

/** What MySQL and PostgreSQL keep as an integer. */
export const integerMax = 2_147_483_647
const Id = Type.Integer({ minimum: -integerMax, maximum: integerMax })
/** In small letters, as the services write it: two ways to write an order would be two orders. */
export const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
export const Uuid = Type.String({ pattern: uuid })
const Amount = Type.Refine(
  Type.Number({ minimum: 0, maximum: 9_999_999.99 }),
  amount => toCents(amount) !== undefined,
  () => 'must have at most two decimals',
)

const ids = { userID: Id, productID: Id, orderID: Uuid }

/** What most topics carry: an order, as long as nobody has decided on it. */
export type CreatedOrder = Static<typeof CreatedOrder>
export const CreatedOrder = Type.Object({ ...ids, amount: Amount, status: Type.Literal('ORDER_CREATED') })

export const EndedOrder = Type.Object({
  ...ids,
  amount: Amount,
  status: Type.Enum(['ORDER_COMPLETED', 'ORDER_CANCELLED']),
})

export const orderCreated = event('order.created', { payload: typebox(CreatedOrder) })
export const orderUpdated = event('order.updated', { payload: typebox(EndedOrder) })

/** A failure has its status as its code. */
export const reserveProduct = command('stock.reserve-product', {
  payload: typebox(CreatedOrder),
  reply: typebox(Type.Object({ ...ids, status: Type.Literal('AVAILABLE') })),
  failures: { UNAVAILABLE: typebox(Type.Object({ ...ids, status: Type.Literal('UNAVAILABLE') })) },
})

export const cancelProductReservation = command('stock.cancel-product-reservation', {
  payload: typebox(CreatedOrder),
  reply: typebox(Type.Object({ ...ids, status: Type.Literal('CANCELLED') })),
})

const payment = { userID: Id, orderID: Uuid, amount: Amount }
export const processPayment = command('payment.process-payment', {
  payload: typebox(CreatedOrder),
  reply: typebox(Type.Object({ ...payment, status: Type.Literal('PAYMENT_APPROVED') })),
  failures: { PAYMENT_REJECTED: typebox(Type.Object({ ...payment, status: Type.Literal('PAYMENT_REJECTED') })) },
})
