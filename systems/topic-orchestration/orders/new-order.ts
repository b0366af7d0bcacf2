import {
  anyInteger,
  HttpRefusal,
  integer,
  integerMax,
  optional,
  read,
  readBody,
  text,
} from '../../runner/fastapi/fields.ts'
import type { NewOrder } from '../messages.ts'

/** @throws HttpRefusal 422, naming every field that is not what it should be. */
export function readNewOrder(body: unknown): NewOrder {
  return readBody(body, { product_id: anyInteger, owner_id: anyInteger, quantity: integer(1, integerMax) })
}

/** The key under which a request may be repeated; undefined if it has none. @throws HttpRefusal 422 */
export function idempotencyKeyIn(headers: Record<string, unknown>): string | undefined {
  return read('header', headers, { 'idempotency-key': optional<string | undefined>(text(1, 200), undefined) })[
    'idempotency-key'
  ]
}

/** The same key with another order. */
export function keyReused(): HttpRefusal {
  return new HttpRefusal(409, 'Idempotency-Key was used for another order')
}

export function isSameOrder(one: NewOrder, other: NewOrder): boolean {
  const { product_id, owner_id, quantity } = one
  return product_id === other.product_id && owner_id === other.owner_id && quantity === other.quantity
}
