// The customer service for somebody who has the page of credit-choreography, an AMQP client and a file to keep books in.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import amqplib from 'amqplib'

const { AMQP_URL, BOOKS, TIMES = '1' } = process.env
/** What each customer has, in cents, and what each order was told. */
const books = existsSync(BOOKS) ? JSON.parse(readFileSync(BOOKS, 'utf8')) : { balances: { 1: 10_000 }, told: {} }

const broker = await amqplib.connect(AMQP_URL)
const channel = await broker.createConfirmChannel()
await channel.prefetch(1)
await channel.consume('order_payment_queue', async message => {
  const order = JSON.parse(message.content.toString())
  books.told[order.order_id] ??= pay(order)
  writeFileSync(`${BOOKS}.new`, JSON.stringify(books))
  renameSync(`${BOOKS}.new`, BOOKS)
  for (let time = 0; time < Number(TIMES); time += 1) publish(books.told[order.order_id])
  await channel.waitForConfirms()
  channel.ack(message)
})
console.log('customer-service listens')

function pay(order) {
  const cents = Math.round(order.total_price * 100)
  const balance = books.balances[order.customer_id] ?? -1
  if (balance < cents) return { ...order, status: 'REJECTED' }
  books.balances[order.customer_id] = balance - cents
  return { ...order, status: 'FULFILLED' }
}

function publish(order) {
  channel.publish('EVENT', `order.${order.status.toLowerCase()}`, Buffer.from(JSON.stringify(order)), {
    contentType: 'application/json',
  })
}
