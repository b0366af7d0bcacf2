// The stock service for somebody who has the page of kafka-orchestration, a Kafka client and a file to keep books in.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Consumer, Producer } from '@platformatic/kafka'

const { BROKERS, BOOKS, TIMES = '1' } = process.env
/** What is there of each product, and what was answered, by topic and order. */
const books = existsSync(BOOKS) ? JSON.parse(readFileSync(BOOKS, 'utf8')) : { stock: { 1: 5, 2: 5, 3: 3 }, answers: {} }

const broker = { clientId: 'stock-service', bootstrapBrokers: BROKERS.split(',') }
const producer = new Producer({ ...broker, acks: -1 })
// Who is back after a fall waits for the broker to forget who fell.
const consumer = new Consumer({
  ...{ ...broker, groupId: 'stock', autocommit: false },
  ...{ sessionTimeout: 10_000, heartbeatInterval: 3_000 },
})
const topics = { 'reserve-product': 'product-reserved', 'cancel-product-reservation': 'product-reservation-cancelled' }
const stream = await consumer.consume({ topics: Object.keys(topics), mode: 'committed', fallbackMode: 'earliest' })
console.log('stock-service listens')

for await (const message of stream) {
  const { userID, productID, orderID } = JSON.parse(message.value.toString())
  const key = `${message.topic} ${orderID}`
  books.answers[key] ??= message.topic === 'reserve-product' ? reserve(productID) : putBack(productID, orderID)
  writeFileSync(`${BOOKS}.new`, JSON.stringify(books))
  renameSync(`${BOOKS}.new`, BOOKS)
  const answer = JSON.stringify({ userID, productID, orderID, status: books.answers[key] })
  const record = { topic: topics[message.topic], value: Buffer.from(answer) }
  for (let time = 0; time < Number(TIMES); time += 1) await producer.send({ messages: [record] })
  await message.commit()
}

function reserve(product) {
  if ((books.stock[product] ?? 0) < 1) return 'UNAVAILABLE'
  books.stock[product] -= 1
  return 'AVAILABLE'
}

/** Only what was taken is put back. */
function putBack(product, order) {
  if (books.answers[`reserve-product ${order}`] === 'AVAILABLE') books.stock[product] += 1
  return 'CANCELLED'
}
