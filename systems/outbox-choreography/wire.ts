/**
 * The documented wire: topic exchange `saga`, a routing key and a queue for each reader, and a body with nothing around
 * it. What a message is follows from its routing key and its status.
 */
import {
  type Envelope,
  type Event,
  type EventMessage,
  type Headers,
  type JsonSchema,
  MakegoodError,
  type Message,
  type MessageShape,
  type MessageType,
  type Queue,
  type Schema,
  type Shown,
  serviceOf,
  type Wire,
} from 'makegood'
import { typebox } from 'makegood/typebox'
import { trackedWire } from '../runner/tracker-service.ts'
import {
  Answer,
  type OrderStatus,
  orderToPayment,
  orderToStock,
  paymentToOrder,
  stockToOrder,
  ToldOrder,
} from './messages.ts'
import { faultOf } from './text.ts'

export const services = { order: 'order', stock: 'stock', payment: 'payment' } as const

const exchange = 'saga'
const queues = Object.values(services).map(queueFor)

export const documentedWire: Wire = {
  topology: { exchange, queues },
  queueOf: service => queues.find(queue => queue.service === service),
  encode,
  decode,
  canClose: false,
  shown,
}

/** The tracker's, on which it hears all messages: a queue of its own beside the documented ones. */
const heard: Wire = trackedWire(documentedWire, {
  name: 'tracker.v1',
  bindings: queues.map(({ name }) => name),
  deadLetters: 'DLQ.tracker.v1',
})
export const trackerWire: Wire = { ...heard, decode: decodeForTracker }

function queueFor(service: string): Queue {
  const name = `${service}.v1`
  return { name, service, bindings: [name], deadLetters: `DLQ.${name}` }
}

/** What is read under each routing key, by its status. */
const readers: { readonly [address: string]: { readonly [Status in OrderStatus]?: Event } } = {
  // The stock says of a reservation that it gave back what the payment has said before; it comes here as that again.
  'order.v1': { ...stockToOrder, ...paymentToOrder },
  'stock.v1': orderToStock,
  'payment.v1': orderToPayment,
}

// ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

function encode({ id, type, payload, sentAt, correlationId, causationId, headers }: Message): Envelope {
  const address = addressOf(type)
  return {
    id,
    address,
    // Every queue is there before the first message, and none is dropped for want of one.
    mandatory: true,
    headers: {
      ...headers,
      ...(causationId === undefined ? {} : { 'makegood-causation': causationId }),
      'dop-msg-id': id,
      'dop-msg-destination': destinationOf(address),
      'dop-msg-type': 'Published',
      'dop-msg-sent-time': new Date(sentAt).toISOString(),
      'dop-correlation-id': correlationId,
    },
    body: JSON.stringify(type === stockToOrder.payment_denied.type ? readAgain(payload as Answer) : payload),
  }
}

/** A reservation keeps the order's number as a text, and tells it so when it was not just made. */
function readAgain({ order_id, status }: Answer): object {
  return { order_id: String(order_id), status }
}

function destinationOf(address: string): string {
  return `/exchange/${exchange}/${address}`
}

function addressOf(type: MessageType): string {
  if (serviceOf(type) !== services.order) return 'order.v1'
  return Object.values(orderToStock).some(event => event.type === type) ? 'stock.v1' : 'payment.v1'
}

// ── For documents ───────────────────────────────────────────────────────────────────────────────────────────────────

function shown({ type, payload = true }: MessageShape): Shown {
  const address = addressOf(type)
  // The last word of a type, up to whom it is for, is the status that is told.
  const status = { const: /\.(\w+)/.exec(type)?.[1] }
  const told = type === stockToOrder.payment_denied.type ? readAgainSchema : payload
  return {
    name: type,
    address,
    headers: {
      type: 'object',
      required: ['dop-msg-id', 'dop-msg-destination', 'dop-msg-type', 'dop-msg-sent-time'],
      properties: {
        'dop-msg-id': { type: 'string' },
        'dop-msg-destination': { const: destinationOf(address) },
        'dop-msg-type': { const: 'Published' },
        'dop-msg-sent-time': { type: 'string', format: 'date-time' },
        'dop-correlation-id': { type: 'string' },
      },
    },
    body: { allOf: [told, { type: 'object', required: ['status'], properties: { status } }] },
  }
}

const readAgainSchema: JsonSchema = {
  type: 'object',
  required: ['order_id'],
  properties: { order_id: { type: 'string', pattern: '^[1-9]\\d{0,9}$' } },
}

// ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Reads the whole body: what is spoiled must not take the place of the message that it pretends to be. */
function decode({ id, address, headers, body }: Envelope): EventMessage {
  const payload = address === 'order.v1' ? answerIn(body) : orderIn(body)
  const { order_id, status } = payload
  const event = readers[address]?.[status]
  if (event === undefined) throw unreadable(`nobody tells ${address.slice(0, 100)} that an order is ${status}`)
  return {
    kind: 'event',
    // Whatever id it was sent under: this happens to an order once.
    id: `${address}/${order_id}/${status}`,
    type: event.type,
    source: serviceOf(event.type),
    payload,
    sentAt: timeIn(headers['dop-msg-sent-time']),
    correlationId: headers['dop-correlation-id'] ?? id,
    causationId: headers['makegood-causation'],
    headers: travelling(headers),
    sagaId: undefined,
  }
}

/**
 * All that is told of an order belongs together, whatever id whoever asked for it has sent along. That a payment was
 * denied is told twice: by the payment, and by the stock that has given back what it kept, with the number as a text.
 */
function decodeForTracker(envelope: Envelope): EventMessage {
  const message = decode(envelope)
  const { order_id } = message.payload as Answer
  const isStock = message.type === paymentToOrder.payment_denied.type && isText(envelope.body)
  const type = isStock ? stockToOrder.payment_denied.type : message.type
  return { ...message, type, id: `${type}/${order_id}`, correlationId: `order/${order_id}` }
}

function isText(body: string): boolean {
  return typeof (JSON.parse(body) as { order_id: unknown }).order_id === 'string'
}

const answer = typebox(Answer)
const toldOrder = typebox(ToldOrder)

function answerIn(text: string): Answer {
  const { order_id, status } = valid(answer, bodyIn(text))
  return { order_id, status }
}

function orderIn(text: string): ToldOrder {
  const { amount, customer_id, order_id, product_id, quantity, status } = valid(toldOrder, bodyIn(text))
  for (const [name, text] of Object.entries({ customer_id, product_id })) {
    const fault = faultOf(text)
    if (fault !== undefined) throw unreadable(`${name}: ${fault}`)
  }
  return { amount, customer_id, order_id, product_id, quantity, status }
}

/** The same order, whether its number came as a number or as a text. */
function bodyIn(text: string): object {
  const body = parsed(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw unreadable('the body is no JSON object')
  const { order_id } = body as { order_id?: unknown }
  return typeof order_id === 'string' && /^[1-9]\d{0,9}$/.test(order_id)
    ? { ...body, order_id: Number(order_id) }
    : body
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new MakegoodError('MESSAGE_UNREADABLE', 'The message cannot be read: the body is not JSON.', { cause: error })
  }
}

function valid<Body>(schema: Schema<Body>, body: object): Body {
  const checked = schema['~standard'].validate(body)
  if (checked instanceof Promise) throw new Error('A TypeBox schema answers at once.')
  if (checked.issues === undefined) return checked.value
  throw unreadable(
    checked.issues.map(({ path = [], message }) => `${path.map(String).join('.')} ${message}`).join('; '),
  )
}

/** When it was sent, if it says so; the time is for people to read, and decides nothing. */
function timeIn(header: string | undefined): number {
  const time = Date.parse(header ?? '')
  return Number.isNaN(time) ? Date.now() : time
}

/** Whatever is neither the page's nor makegood's own travels on with what the message leads to. */
function travelling(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(dop|makegood)-/.test(name)))
}

function unreadable(what: string): MakegoodError {
  return new MakegoodError('MESSAGE_UNREADABLE', `The message cannot be read: ${what}.`)
}
