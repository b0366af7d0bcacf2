import { integerMax, uuid } from '../messages.ts'
import { Refusal } from '../spring-server.ts'

/** An order as it may be placed. */
export interface NewOrder {
  readonly userID: number
  readonly productID: number
  /** Given by whoever may have to send it again. */
  readonly orderID: string | undefined
}

/** @throws Refusal 400, naming the first field that is not what it should be. */
export function readNewOrder(body: unknown): NewOrder {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Refusal(400, 'The body must be a JSON object with userID and productID')
  const fields = body as Readonly<Record<string, unknown>>
  return { userID: id(fields, 'userID'), productID: id(fields, 'productID'), orderID: orderID(fields) }
}

function id(fields: Readonly<Record<string, unknown>>, name: string): number {
  const value = fields[name]
  if (value === undefined || value === null) throw new Refusal(400, `${name} is missing`)
  if (Number.isInteger(value) && Math.abs(value as number) <= integerMax) return value as number
  throw new Refusal(400, `${name} must be a whole number of at most ${integerMax}`)
}

function orderID({ orderID: value }: Readonly<Record<string, unknown>>): string | undefined {
  if (value === undefined || value === null) return undefined
  const id = readUuid(value)
  if (id === undefined) throw new Refusal(400, 'orderID must be a UUID')
  return id
}

export function readUuid(value: unknown): string | undefined {
  const id = typeof value === 'string' ? value.toLowerCase() : ''
  return uuid.test(id) ? id : undefined
}
