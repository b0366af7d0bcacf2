import { toCents } from '../../runner/cents.ts'
import { HttpFailure, isUuid, unreadable } from '../http-envelope.ts'
import type { Address, Item } from '../messages.ts'
import { centsMax, fromCents } from '../money.ts'

/** An order as it may be placed. */
export interface NewOrder {
  readonly customer_id: string
  readonly items: Item[]
  readonly total_amount: number
  readonly shipping_address: Address
}

/** So many that the reservations of all of them still fit into one message. */
export const itemsMax = 500
const quantityMax = 2_147_483_647
const textLengthMax = 255
const nobody = '00000000-0000-0000-0000-000000000000'
const addressFields = ['street', 'city', 'state', 'zip_code', 'country'] as const

/**
 * Reads the body of a POST: first whether it has the right shape, then what is in it, in the documented order.
 *
 * @throws HttpFailure 400, with the documented message, or one that names the field.
 */
export function readNewOrder(body: unknown): NewOrder {
  const { customerId, items, address } = shapeOf(body)
  if (customerId === undefined || customerId === nobody) throw new HttpFailure(400, 'Customer ID is required')
  if (items.length === 0) throw new HttpFailure(400, 'At least one item is required')
  if (items.length > itemsMax)
    throw new HttpFailure(400, `At most ${itemsMax} items are allowed`, { items: items.length })
  const lines = items.map(readItem)
  const totalCents = lines.reduce((sum, { priceCents, item }) => sum + priceCents * item.quantity, 0)
  if (totalCents === 0) throw new HttpFailure(400, 'Order total must be greater than zero', { total_amount: 0 })
  if (totalCents > centsMax) throw new HttpFailure(400, `Order total must be at most ${fromCents(centsMax)}`)
  return {
    customer_id: customerId,
    items: lines.map(line => line.item),
    total_amount: fromCents(totalCents),
    shipping_address: readAddress(address),
  }
}

// ── The shape: what is malformed is no order at all ─────────────────────────────────────────────────────────────────

interface Draft {
  readonly customerId: string | undefined
  readonly items: readonly DraftItem[]
  readonly address: { readonly [field: string]: string | undefined } | undefined
}

interface DraftItem {
  readonly productId: string | undefined
  readonly quantity: number | undefined
  readonly price: number | undefined
}

function shapeOf(body: unknown): Draft {
  const order = record(body, 'the body')
  if (order === undefined) throw unreadable('the body is empty')
  const items = order['items'] ?? []
  if (!Array.isArray(items)) throw unreadable('items must be an array')
  const address = record(order['shipping_address'], 'shipping_address')
  return {
    customerId: uuid(order['customer_id'], 'customer_id'),
    items: items.map((item, at) => itemShape(item, `items[${at}]`)),
    address:
      address && Object.fromEntries(addressFields.map(name => [name, text(address[name], `shipping_address.${name}`)])),
  }
}

function itemShape(value: unknown, path: string): DraftItem {
  const item = record(value, path) ?? {}
  const quantity = number(item['quantity'], `${path}.quantity`)
  if (quantity !== undefined && !Number.isInteger(quantity)) throw unreadable(`${path}.quantity must be a whole number`)
  return {
    productId: uuid(item['product_id'], `${path}.product_id`),
    quantity,
    price: number(item['price'], `${path}.price`),
  }
}

function record(value: unknown, path: string): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) throw unreadable(`${path} must be an object`)
  return value as Record<string, unknown>
}

function text(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw unreadable(`${path} must be a text`)
  return value
}

function uuid(value: unknown, path: string): string | undefined {
  const given = text(value, path)
  if (given !== undefined && !isUuid(given)) throw unreadable(`${path} must be a UUID`)
  return given?.toLowerCase()
}

function number(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw unreadable(`${path} must be a number`)
  return value
}

// ── The content ─────────────────────────────────────────────────────────────────────────────────────────────────────

function readItem({ productId, quantity, price }: DraftItem, item_index: number): { item: Item; priceCents: number } {
  if (productId === undefined || productId === nobody) {
    throw new HttpFailure(400, 'Invalid product ID', { item_index, product_id: productId ?? null })
  }
  if (quantity === undefined || quantity <= 0 || quantity > quantityMax) {
    throw new HttpFailure(400, 'Invalid quantity', { item_index, quantity: quantity ?? null })
  }
  const priceCents = price === undefined ? undefined : toCents(price)
  if (price === undefined || priceCents === undefined || price < 0 || priceCents > centsMax) {
    throw new HttpFailure(400, 'Invalid price', { item_index, price: price ?? null })
  }
  return { item: { product_id: productId, quantity, price }, priceCents }
}

function readAddress(address: Draft['address']): Address {
  if (address === undefined) throw new HttpFailure(400, 'Shipping address is required', { field: 'shipping_address' })
  const [street, city, state, zip_code, country] = addressFields.map(name => {
    const field = `shipping_address.${name}`
    const given = address[name] ?? ''
    if (given.trim() === '') throw new HttpFailure(400, `${field} is required`, { field })
    if (given.length > textLengthMax)
      throw new HttpFailure(400, `${field} must have at most ${textLengthMax} characters`, { field })
    return given
  }) as [string, string, string, string, string]
  return { street, city, state, zip_code, country }
}
