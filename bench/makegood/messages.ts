import { command } from 'makegood'
import { typebox } from 'makegood/typebox'
import Type from 'typebox'

const goods = { sku: Type.Integer({ minimum: 1 }), quantity: Type.Integer({ minimum: 1 }) }
const money = { account: Type.Integer({ minimum: 1 }), amountCents: Type.Integer({ minimum: 0 }) }
const orderId = Type.String({ minLength: 1, maxLength: 100 })
const region = Type.String({ minLength: 1, maxLength: 100 })

/** What the saga knows: the shop's order. */
export const Order = typebox(Type.Object({ orderId, region, ...goods, ...money }))

export const reserveStock = command('stock.reserve', { payload: typebox(Type.Object(goods)) })
export const releaseStock = command('stock.release', { payload: typebox(Type.Object(goods)) })
export const chargePayment = command('payment.charge', { payload: typebox(Type.Object(money)) })
export const refundPayment = command('payment.refund', { payload: typebox(Type.Object(money)) })
export const shipOrder = command('shipping.ship', {
  payload: typebox(Type.Object({ orderId, region, quantity: goods.quantity, amountCents: money.amountCents })),
  failures: { NOT_SERVED: typebox(Type.Object({ region })) },
})
