// The product service for somebody who has the page of topic-orchestration, an AMQP client and a file to keep books in.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import amqplib from 'amqplib'

const { AMQP_URL, BOOKS, TIMES = '1', TAKEN_MEANWHILE = '0' } = process.env
/** The products, and what was answered, by saga, action and direction. */
const books = existsSync(BOOKS)
  ? JSON.parse(readFileSync(BOOKS, 'utf8'))
  : { products: { 4711: { price: 10, stock: 5 } }, answers: {} }

const broker = await amqplib.connect(AMQP_URL)
const channel = await broker.createConfirmChannel()
await channel.prefetch(1)
await channel.consume('saga.product', async message => {
  const { sagaId, correlationId, service, action, compensating, payload } = JSON.parse(message.content.toString())
  const key = [sagaId, action, compensating].join(' ')
  books.answers[key] ??= answerTo(action, compensating, payload)
  writeFileSync(`${BOOKS}.new`, JSON.stringify(books))
  renameSync(`${BOOKS}.new`, BOOKS)
  const told = { ...books.answers[key], payload }
  for (let time = 0; time < Number(TIMES); time += 1)
    publish({ sagaId, correlationId, payload: told, service, action, compensating })
  await channel.waitForConfirms()
  channel.ack(message)
})
console.log('product listens')

function answerTo(action, compensating, { product_id, quantity }) {
  const product = books.products[product_id]
  const refusal = { status: 'FAILED', reason: 'Insufficient stock' }
  if (product === undefined) return refusal
  if (compensating) {
    product.stock += quantity
    return { status: 'SUCCESS' }
  }
  // Somebody else may have been faster, between the question and the taking.
  const left = product.stock - (action === 'update_stock' ? Number(TAKEN_MEANWHILE) : 0)
  if (left < quantity) return refusal
  if (action === 'check_stock') return { status: 'SUCCESS', total_price: product.price * quantity }
  product.stock -= quantity
  return { status: 'SUCCESS' }
}

function publish(event) {
  const { sagaId, service, action, payload, correlationId } = event
  const result = payload.status === 'SUCCESS' ? 'success' : 'failed'
  const body = { ...event, timestamp: String(Date.now() / 1000), result }
  channel.publish(
    'SAGA_EXCHANGE',
    `saga.${sagaId}.event.${service}.${action}.${result}`,
    Buffer.from(JSON.stringify(body)),
    {
      ...{ persistent: true, contentType: 'application/json', correlationId },
    },
  )
}
