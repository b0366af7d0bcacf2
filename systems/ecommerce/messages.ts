/** What the services of the shop say to each other: payloads as the documentation shows them, in one place. */
import { command, event } from 'makegood'
import { typebox } from 'makegood/typebox'
import Type, { type Static } from 'typebox'

// ── The nouns, as HTTP and messages show them ───────────────────────────────────────────────────────────────────────

const Uuid = Type.String({ format: 'uuid' })
const Time = Type.String({ format: 'date-time' })
/** In currency units with at most two decimals; `money.ts` takes them in and gives them out. */
const Money = Type.Number({ minimum: -99_999_999.99, maximum: 99_999_999.99 })

/** Where and how a person is reached: operators see it only if they say why. */
const personal = { 'x-personal': true }

export type Address = Static<typeof Address>
export const Address = Type.Object(
  {
    street: Type.String({ minLength: 1, maxLength: 255 }),
    city: Type.String({ minLength: 1, maxLength: 255 }),
    state: Type.String({ minLength: 1, maxLength: 255 }),
    zip_code: Type.String({ minLength: 1, maxLength: 255 }),
    country: Type.String({ minLength: 1, maxLength: 255 }),
  },
  personal,
)

export type Item = Static<typeof Item>
export const Item = Type.Object({
  product_id: Uuid,
  quantity: Type.Integer({ exclusiveMinimum: 0, maximum: 2_147_483_647 }),
  price: Type.Number({ minimum: 0, maximum: 99_999_999.99 }),
})

export type PlacedOrder = Static<typeof PlacedOrder>
export const PlacedOrder = Type.Object({
  id: Uuid,
  customer_id: Uuid,
  items: Type.Array(Item, { minItems: 1 }),
  total_amount: Money,
  status: Type.String(),
  shipping_address: Address,
  created_at: Time,
  updated_at: Time,
})

export type Payment = Static<typeof Payment>
export const Payment = Type.Object({
  id: Uuid,
  order_id: Uuid,
  customer_id: Uuid,
  saga_id: Uuid,
  amount: Money,
  payment_method: Type.String(),
  status: Type.Enum(['pending', 'completed', 'failed', 'refunded']),
  transaction_id: Type.Optional(Type.String()),
  external_ref: Type.Optional(Type.String()),
  failure_reason: Type.Optional(Type.String()),
  refunded_amount: Money,
  refund_reference: Type.Optional(Type.String()),
  created_at: Time,
  updated_at: Time,
  processed_at: Type.Optional(Time),
  refunded_at: Type.Optional(Time),
})

export type Reservation = Static<typeof Reservation>
export const Reservation = Type.Object({
  id: Uuid,
  order_id: Uuid,
  product_id: Uuid,
  quantity: Type.Integer(),
  status: Type.Enum(['available', 'reserved', 'released', 'sold']),
  reserved_at: Time,
  expires_at: Time,
  updated_at: Time,
})

export type Shipment = Static<typeof Shipment>
export const Shipment = Type.Object({
  id: Uuid,
  order_id: Uuid,
  customer_id: Uuid,
  saga_id: Uuid,
  status: Type.Enum(['pending', 'preparing', 'shipped', 'delivered', 'cancelled']),
  tracking_id: Type.String(),
  address: Address,
  failure_reason: Type.Optional(Type.String()),
  created_at: Time,
  updated_at: Time,
})

export type Notification = Static<typeof Notification>
export const Notification = Type.Object({
  id: Uuid,
  order_id: Uuid,
  customer_id: Uuid,
  saga_id: Uuid,
  type: Type.Enum(['email', 'sms', 'push']),
  status: Type.Enum(['pending', 'sent', 'failed']),
  subject: Type.String(),
  message: Type.String(),
  recipient: Type.String(personal),
  failure_reason: Type.Optional(Type.String()),
  created_at: Time,
  updated_at: Time,
  sent_at: Type.Optional(Time),
})

// ── order ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export const orderPlaced = event('order.created', { payload: typebox(Type.Object({ order: PlacedOrder })) })
export const orderCompleted = event('order.completed', {
  payload: typebox(Type.Object({ order_id: Uuid, status: Type.String() })),
})
export const orderCancelled = event('order.cancelled', {
  payload: typebox(Type.Object({ order_id: Uuid, reason: Type.String() })),
})

// ── payment ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What every refusal says; `REFUSED` is that of a participant whose code is not known, only its text. */
const Refusal = typebox(Type.Object({ reason: Type.String() }))

const PaymentRefusal = typebox(Type.Object({ order_id: Uuid, reason: Type.String(), amount: Type.Number() }))
export const chargePayment = command('payment.process', {
  payload: typebox(
    Type.Object({ order_id: Uuid, customer_id: Uuid, amount: Type.Number(), payment_method: Type.String() }),
  ),
  reply: typebox(Type.Object({ payment: Payment })),
  failures: { INSUFFICIENT_FUNDS: PaymentRefusal, INVALID_AMOUNT: PaymentRefusal, REFUSED: Refusal },
})

/** In doubt, what is not known is left out: the payment service finds the payment by order and saga. */
export const refundPayment = command('payment.refund', {
  payload: typebox(
    Type.Object({
      order_id: Uuid,
      customer_id: Type.Optional(Uuid),
      payment_id: Type.Optional(Uuid),
      transaction_id: Type.Optional(Type.String()),
      amount: Type.Optional(Money),
      reason: Type.String(),
    }),
  ),
  reply: typebox(
    Type.Object({
      payment_id: Type.Optional(Uuid),
      transaction_id: Type.Optional(Type.String()),
      refund_reference: Type.Optional(Type.String()),
      refunded_amount: Money,
      total_refunded: Money,
    }),
  ),
  failures: { REFUND_NOT_ALLOWED: Refusal, REFUSED: Refusal },
})

// ── inventory ───────────────────────────────────────────────────────────────────────────────────────────────────────

const InventoryRefusal = typebox(Type.Object({ order_id: Uuid, product_id: Uuid, reason: Type.String() }))
export const reserveStock = command('inventory.reserve', {
  payload: typebox(Type.Object({ order_id: Uuid, items: Type.Array(Item, { minItems: 1 }) })),
  reply: typebox(Type.Object({ reservations: Type.Array(Reservation) })),
  failures: {
    INSUFFICIENT_STOCK: InventoryRefusal,
    PRODUCT_NOT_FOUND: InventoryRefusal,
    PRICE_MISMATCH: InventoryRefusal,
    REFUSED: Refusal,
  },
})

/** Names the products too, so that the inventory can lock them in order before it begins. */
export const releaseStock = command('inventory.release', {
  payload: typebox(
    Type.Object({
      order_id: Uuid,
      reservation_ids: Type.Optional(Type.Array(Uuid)),
      product_ids: Type.Optional(Type.Array(Uuid)),
      reason: Type.String(),
    }),
  ),
  reply: typebox(Type.Object({ order_id: Uuid, reservation_ids: Type.Array(Uuid) })),
  failures: { REFUSED: Refusal },
})

// ── shipping ────────────────────────────────────────────────────────────────────────────────────────────────────────

export const createShipment = command('shipping.create', {
  payload: typebox(
    Type.Object({
      order_id: Uuid,
      customer_id: Uuid,
      items: Type.Array(Item, { minItems: 1 }),
      shipping_address: Address,
    }),
  ),
  reply: typebox(Type.Object({ shipment: Shipment })),
  failures: {
    PROVIDER_UNAVAILABLE: typebox(Type.Object({ order_id: Uuid, reason: Type.String() })),
    REFUSED: Refusal,
  },
})

export const cancelShipment = command('shipping.cancel', {
  payload: typebox(Type.Object({ order_id: Uuid, shipment_id: Type.Optional(Uuid), reason: Type.String() })),
  reply: typebox(
    Type.Object({
      shipment_id: Type.Optional(Uuid),
      tracking_id: Type.Optional(Type.String()),
      cancelled_at: Time,
      reason: Type.String(),
    }),
  ),
  failures: { REFUSED: Refusal },
})

// ── notification ────────────────────────────────────────────────────────────────────────────────────────────────────

export const sendNotification = command('notification.send', {
  payload: typebox(
    Type.Object({
      order_id: Uuid,
      customer_id: Uuid,
      type: Type.String(),
      message: Type.String({ maxLength: 10_000 }),
    }),
  ),
  reply: typebox(Type.Object({ notification: Notification })),
  failures: {
    PROVIDER_UNAVAILABLE: typebox(Type.Object({ order_id: Uuid, reason: Type.String() })),
    REFUSED: Refusal,
  },
})
