import { amount, anyInteger, integer, integerMax, oneOf, readBody } from '../../runner/fastapi/fields.ts'
import { amountMax, orderStatuses } from '../messages.ts'

/** An order as it may be placed. */
export interface NewOrder {
  readonly customer_id: number
  readonly product_id: number
  readonly quantity: number
  readonly total_price_cents: number
}

/** @throws HttpRefusal 422, naming every field that is not what it should be. */
export function readNewOrder(body: unknown): NewOrder {
  // The documented body has a status. An order is pending, whatever it says.
  const {
    status: _,
    total_price,
    ...order
  } = readBody(body, {
    customer_id: anyInteger,
    product_id: anyInteger,
    status: oneOf(orderStatuses),
    quantity: integer(1, integerMax),
    total_price: amount(amountMax),
  })
  return { ...order, total_price_cents: total_price }
}
