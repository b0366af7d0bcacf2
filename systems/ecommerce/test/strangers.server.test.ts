import amqplib, { type Channel, type ChannelModel } from 'amqplib'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { services } from '../wire.ts'
import { type ServersShop, serversShop } from './servers-shop.ts'
import { Shop } from './shop.ts'

// What somebody sends and receives who knows the documentation, and nothing of makegood.

let running: ServersShop
let shop: Shop
let broker: ChannelModel
let channel: Channel
let heard: string
beforeAll(async () => {
  running = await serversShop(inject('postgresUrl'), inject('amqpUrl'), [services.payments])
  shop = new Shop(running)
  broker = await amqplib.connect(inject('amqpUrl'))
  channel = await broker.createChannel()
  heard = (await channel.assertQueue('', { exclusive: true })).queue
  await channel.bindQueue(heard, 'saga.events', 'saga.payment-service.#')
}, 120_000)
afterAll(async () => {
  await broker?.close()
  await running?.stop()
})

test('a command as documented is answered as documented', async () => {
  const command = documented('payment.process', {
    customer_id: crypto.randomUUID(),
    amount: 12.34,
    payment_method: 'credit_card',
  })
  send('payment.process', command)

  const answer = await next()
  expect(answer).toMatchObject({
    saga_id: command.saga_id,
    order_id: command.order_id,
    event_type: 'payment.processed',
    service: 'payment-service',
    payload: { payment: { order_id: command.order_id, saga_id: command.saga_id, amount: 12.34, status: 'completed' } },
  })
  expect(await shop.payment(command.order_id)).toMatchObject({ amount: 12.34, status: 'completed' })

  send('payment.process', { ...command, id: crypto.randomUUID() })
  expect((await next()).payload).toEqual(answer.payload)
  expect(await shop.requests(services.payments, command.order_id)).toHaveLength(1)
})

test('an amount that is none is refused in the documented words', async () => {
  const command = documented('payment.process', {
    customer_id: crypto.randomUUID(),
    amount: -1,
    payment_method: 'credit_card',
  })
  send('payment.process', command)
  expect(await next()).toMatchObject({
    event_type: 'payment.failed',
    payload: { order_id: command.order_id, reason: 'Invalid payment amount', amount: -1 },
  })
  expect(await shop.requests(services.payments, command.order_id)).toEqual([])
})

test('what cannot be read is kept in the dead-letter queue with its reason, and holds up nobody', async () => {
  const good = documented('payment.process', {
    customer_id: crypto.randomUUID(),
    amount: 1,
    payment_method: 'credit_card',
  })
  const spoiled: [string, string][] = [
    ['{', 'not JSON'],
    [JSON.stringify({ ...good, saga_id: undefined }), 'saga_id is missing'],
    [JSON.stringify({ ...good, event_type: 'payment.guess' }), 'payment.guess'],
    [JSON.stringify({ ...good, payload: { order_id: 7 } }), 'PAYLOAD_INVALID'],
    [JSON.stringify({ ...good, payload: { ...good.payload, note: 'x'.repeat(300_000) } }), 'MESSAGE_TOO_LARGE'],
  ]
  for (const [body] of spoiled)
    channel.publish('saga.events', 'saga.saga-orchestrator.payment.process', Buffer.from(body))
  const fresh = documented('payment.process', {
    customer_id: crypto.randomUUID(),
    amount: 2,
    payment_method: 'credit_card',
  })
  send('payment.process', fresh)

  // A command that can be addressed but not done is answered: whoever sent it need not wait for nothing.
  expect(await next()).toMatchObject({
    order_id: good.order_id,
    event_type: 'payment.failed',
    payload: { reason: expect.stringContaining('could not be processed') },
  })
  expect(await next()).toMatchObject({ order_id: fresh.order_id, event_type: 'payment.processed' })
  const letters = new Map<string, string>()
  await eventually(async () => {
    const letter = await channel.get('payment-service-queue.dead-letter', { noAck: true })
    if (letter !== false)
      letters.set(letter.content.toString(), String(letter.properties.headers?.['makegood-dead-letter-reason']))
    expect(letters.size).toBe(spoiled.length)
  })
  for (const [body, reason] of spoiled) expect(letters.get(body)).toContain(reason)
})

interface Documented {
  readonly id: string
  readonly saga_id: string
  readonly order_id: string
  readonly event_type: string
  readonly payload: object
}

function documented(event_type: string, fields: object): Documented {
  const order_id = crypto.randomUUID()
  return {
    id: crypto.randomUUID(),
    saga_id: crypto.randomUUID(),
    order_id,
    event_type,
    payload: { order_id, ...fields },
    ...{ timestamp: new Date().toISOString(), service: 'saga-orchestrator', correlation_id: crypto.randomUUID() },
  }
}

function send(type: string, body: object): void {
  channel.publish('saga.events', `saga.saga-orchestrator.${type}`, Buffer.from(JSON.stringify(body)), {
    contentType: 'application/json',
  })
}

/** The next message that the payment service has sent. */
function next(): Promise<Documented> {
  return eventually(async () => {
    const message = await channel.get(heard, { noAck: true })
    if (message === false) throw new Error('The payment service has said nothing.')
    return JSON.parse(message.content.toString()) as Documented
  })
}
