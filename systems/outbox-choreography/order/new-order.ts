import { toCents } from '../amount.ts'
import { Refusal } from '../rest-server.ts'
import { faultOf } from '../text.ts'
import type { NewOrder } from './order-status.ts'

const quantityMax = 2_147_483_647

/**
 * Reads the body of a POST. Whatever else is in it, a status say, is ignored.
 *
 * @throws Refusal 400, with the faults of every field
 */
export function readNewOrder(body: unknown = {}): NewOrder {
  const given = fieldsOf(body)
  const fields = {
    customer_id: readText(given['customer_id']),
    product_id: readText(given['product_id']),
    amount: readAmount(given['amount']),
    quantity: readQuantity(given['quantity']),
  }
  const faults = Object.entries(fields).flatMap(([name, { fault }]) => (fault === undefined ? [] : [[name, [fault]]]))
  if (faults.length > 0) throw new Refusal(400, Object.fromEntries(faults))
  const { customer_id, product_id, amount, quantity } = fields
  return {
    customer_id: customer_id.value!,
    product_id: product_id.value!,
    amount: amount.value!,
    quantity: quantity.value!,
  }
}

/** What a field holds, or the one thing that is wrong with it. */
type Field<Value> =
  | { readonly value: Value; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: string }

function fieldsOf(body: unknown): { readonly [name: string]: unknown } {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body }
  const fault = body === null ? 'No data provided' : `Invalid data. Expected a dictionary, but got ${kindOf(body)}.`
  throw new Refusal(400, { non_field_errors: [fault] })
}

function kindOf(body: unknown): string {
  if (Array.isArray(body)) return 'list'
  if (typeof body === 'string') return 'str'
  if (typeof body === 'boolean') return 'bool'
  return Number.isInteger(body) ? 'int' : 'float'
}

/** A number is taken for the text that it is written as. */
function readText(given: unknown): Field<string> {
  if (given === undefined) return { fault: 'This field is required.' }
  if (given === null) return { fault: 'This field may not be null.' }
  if (typeof given !== 'string' && typeof given !== 'number') return { fault: 'Not a valid string.' }
  const value = String(given).trim()
  const fault = faultOf(value)
  return fault === undefined ? { value } : { fault }
}

function readAmount(given: unknown): Field<string> {
  const text = readText(given)
  if (text.fault !== undefined) return text
  const cents = toCents(text.value)
  if (cents !== undefined) return cents > 0n ? text : { fault: 'Ensure this value is greater than 0.' }
  if (/^\d+\.\d+$/.test(text.value)) return { fault: 'Ensure that there are no more than 2 decimal places.' }
  if (/^-\d+(\.\d+)?$/.test(text.value)) return { fault: 'Ensure this value is greater than 0.' }
  return { fault: 'A valid number is required.' }
}

function readQuantity(given: unknown): Field<number> {
  if (given === undefined) return { fault: 'This field is required.' }
  if (given === null) return { fault: 'This field may not be null.' }
  const isWhole = ['number', 'string'].includes(typeof given) && /^\s*-?\d{1,15}(\.0*)?\s*$/.test(String(given))
  if (!isWhole) return { fault: 'A valid integer is required.' }
  const value = Number(given)
  if (value < 1) return { fault: 'Ensure this value is greater than or equal to 1.' }
  if (value > quantityMax) return { fault: `Ensure this value is less than or equal to ${quantityMax}.` }
  return { value }
}
