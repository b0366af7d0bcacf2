// The payment service for somebody who has the page of ecommerce, an AMQP client and a file to keep books in.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import amqplib from 'amqplib'

const { AMQP_URL, BOOKS, TIMES = '1', FUNDS = '5000', REFUNDS_REFUSED = '0' } = process.env
/** By saga and event type: what was asked, how often it was refused, and the answer. */
const books = existsSync(BOOKS) ? JSON.parse(readFileSync(BOOKS, 'utf8')) : {}

const broker = await amqplib.connect(AMQP_URL)
const channel = await broker.createConfirmChannel()
await channel.prefetch(1)
await channel.consume('payment-service-queue', async message => {
  const command = JSON.parse(message.content.toString())
  const entry = enter(command)
  writeFileSync(`${BOOKS}.new`, JSON.stringify(books))
  renameSync(`${BOOKS}.new`, BOOKS)
  for (let time = 0; time < Number(TIMES); time += 1) publish(entry.answer)
  await channel.waitForConfirms()
  channel.ack(message)
})
console.log('payment-service listens')

/** What was done is answered again as it was; what was refused may be asked for anew, by a command of its own. */
function enter({ id, event_type, saga_id, order_id, payload, correlation_id }) {
  const key = `${event_type} ${saga_id}`
  const known = books[key]
  if (known !== undefined && (known.id === id || !known.answer.event_type.endsWith('failed'))) return known
  const refused = known?.refused ?? 0
  const [type, told] =
    event_type === 'payment.process'
      ? charge(saga_id, payload)
      : refund(books[`payment.process ${saga_id}`], refused, payload)
  const answer = {
    ...{ id: randomUUID(), saga_id, order_id, event_type: type, payload: told },
    ...{ timestamp: new Date().toISOString(), service: 'payment-service', correlation_id },
  }
  books[key] = { id, answer, refused: type.endsWith('failed') ? refused + 1 : refused }
  return books[key]
}

function charge(saga_id, { order_id, customer_id, amount, payment_method }) {
  if (amount > Number(FUNDS)) return ['payment.failed', { order_id, reason: 'Insufficient funds', amount }]
  const now = new Date().toISOString()
  const payment = { id: randomUUID(), order_id, customer_id, saga_id, amount, payment_method, status: 'completed' }
  const times = { created_at: now, updated_at: now, processed_at: now }
  return [
    'payment.processed',
    { payment: { ...payment, transaction_id: `TXN_${payment.id}`, refunded_amount: 0, ...times } },
  ]
}

function refund(charged, refused, { payment_id, transaction_id }) {
  if (refused < Number(REFUNDS_REFUSED))
    return ['payment.refund.failed', { reason: 'Refund not allowed for this transaction' }]
  const amount = charged?.answer.payload.payment?.amount ?? 0
  const references = { payment_id, transaction_id, refund_reference: `RREF_${randomUUID().slice(0, 8)}` }
  return ['payment.refunded', { ...references, refunded_amount: amount, total_refunded: amount }]
}

function publish(answer) {
  channel.publish('saga.events', `saga.payment-service.${answer.event_type}`, Buffer.from(JSON.stringify(answer)), {
    ...{ persistent: true, contentType: 'application/json', messageId: answer.id },
  })
}
