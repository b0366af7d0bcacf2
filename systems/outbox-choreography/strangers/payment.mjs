// The payment service for somebody who has the page of outbox-choreography, an AMQP client and a file to keep books in.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import amqplib from 'amqplib'

const { AMQP_URL, BOOKS, TIMES = '1' } = process.env
/** What was decided on each order, and the id of the message that told it. */
const books = existsSync(BOOKS) ? JSON.parse(readFileSync(BOOKS, 'utf8')) : {}

const broker = await amqplib.connect(AMQP_URL)
const channel = await broker.createConfirmChannel()
await channel.prefetch(1)
await channel.consume('payment.v1', async message => {
  const { order_id, status, amount } = JSON.parse(message.content.toString())
  if (status === 'reserved') {
    books[order_id] ??= { id: randomUUID(), status: Number(amount) <= 1000 ? 'payment_confirmed' : 'payment_denied' }
    writeFileSync(`${BOOKS}.new`, JSON.stringify(books))
    renameSync(`${BOOKS}.new`, BOOKS)
    for (let time = 0; time < Number(TIMES); time += 1) publish({ order_id, ...books[order_id] })
    await channel.waitForConfirms()
  }
  channel.ack(message)
})
console.log('payment listens')

function publish({ id, order_id, status }) {
  channel.publish('saga', 'order.v1', Buffer.from(JSON.stringify({ order_id, status })), {
    contentType: 'application/json',
    headers: {
      'dop-msg-id': id,
      'dop-msg-destination': '/exchange/saga/order.v1',
      'dop-msg-type': 'Published',
      'dop-msg-sent-time': new Date().toISOString(),
    },
  })
}
