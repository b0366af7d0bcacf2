/**
 * The documented wire: the topic exchange `EVENT`, a routing key and a queue for each event, and the payload alone as
 * body. Nothing else is needed to read a message: what makegood wants to know beside it follows from key and order.
 */
import {
  type Envelope,
  type Headers,
  MakegoodError,
  type Message,
  type MessageShape,
  type Shown,
  type Wire,
} from 'makegood'
import { trackedWire } from '../runner/tracker-service.ts'

export const services = {
  orders: 'order-service',
  /** Of the order service too: a service of makegood takes from one queue, and two are documented. */
  rejections: 'order-service-rejections',
  customers: 'customer-service',
} as const

const exchange = 'EVENT'

export const events = [
  { type: 'order.created', from: services.orders, to: services.customers, queue: 'order_payment_queue' },
  { type: 'order.fulfilled', from: services.customers, to: services.orders, queue: 'order_fulfillment_queue' },
  { type: 'order.rejected', from: services.customers, to: services.rejections, queue: 'order_rejection_queue' },
] as const

const queues = events.map(({ type, to, queue }) => ({
  name: queue,
  service: to,
  bindings: [type],
  deadLetters: `${queue}.dead-letter`,
}))

export const documentedWire: Wire = {
  topology: { exchange, queues },
  queueOf: service => queues.find(queue => queue.service === service),
  encode,
  decode,
  canClose: false,
  shown,
}

/** The tracker's, on which it hears all events: a queue of its own beside the documented ones. */
export const trackerWire: Wire = trackedWire(documentedWire, {
  name: 'order_tracker_queue',
  bindings: events.map(({ type }) => type),
  deadLetters: 'order_tracker_queue.dead-letter',
})

function encode({ id, type, payload, headers }: Message): Envelope {
  return { id, address: type, mandatory: true, headers: traceIn(headers), body: JSON.stringify(payload) }
}

function shown({ type, payload }: MessageShape): Shown {
  const told = events.find(event => event.type === type)
  return { name: type, address: type, ...(told && { from: told.from }), body: payload }
}

function decode({ address, headers, body }: Envelope): Message {
  const garbled = headers['makegood-unreadable']
  if (garbled !== undefined) throw unreadable(garbled)
  const event = events.find(({ type }) => type === address)
  if (event === undefined) throw unreadable(`The routing key is ${JSON.stringify(address.slice(0, 100))}.`)
  const payload = parsed(body)
  const { order_id: order, created_at } = isRecord(payload) ? payload : {}
  if (!Number.isSafeInteger(order)) throw unreadable('order_id is not a whole number.')
  return {
    kind: 'event',
    // The page has no message ids: the same event of the same order is the same message.
    id: `${event.type}/${order}`,
    type: event.type,
    source: event.from,
    payload,
    // Nor the time of sending: the order's stands for it, and the schema sees to it that it is one.
    sentAt: Date.parse(String(created_at)) || 0,
    correlationId: `order/${order}`,
    causationId: event.type === 'order.created' ? undefined : `order.created/${order}`,
    headers: traceIn(headers),
    sagaId: undefined,
  }
}

/** The page knows no headers; of those that come, only the trace goes on. */
function traceIn(headers: Headers): Headers {
  return Object.fromEntries(
    ['traceparent', 'tracestate'].flatMap(name => {
      const text = headers[name]
      return text !== undefined && /^[ -~]{1,512}$/.test(text) ? [[name, text]] : []
    }),
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreadable('The body is not JSON.', error)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(what: string, cause?: unknown): MakegoodError {
  return new MakegoodError('MESSAGE_UNREADABLE', `The message cannot be read: ${what}`, { cause })
}
