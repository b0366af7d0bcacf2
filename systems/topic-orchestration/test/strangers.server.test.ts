import { randomUUID } from 'node:crypto'
import amqplib, { type Channel, type ChannelModel } from 'amqplib'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { eventually } from '../../runner/test/eventually.ts'
import { services } from '../wire.ts'
import { serversShop } from './servers-shop.ts'
import { type RunningShop, Shop } from './shop.ts'

// What somebody sends and receives who knows the documentation, and nothing of makegood.

let running: RunningShop
let shop: Shop
let broker: ChannelModel
let channel: Channel
beforeAll(async () => {
  running = await serversShop(inject('postgresUrl'), inject('amqpUrl'))
  shop = new Shop(running)
  broker = await amqplib.connect(inject('amqpUrl'))
  channel = await broker.createChannel()
}, 120_000)
afterAll(async () => {
  await broker?.close()
  await running?.stop()
})

test('an orchestrator of their own is answered, with their correlation id where AMQP has a place for it', async () => {
  const [user, product] = [await shop.enterUser(), await shop.enterProduct()]
  const sagaId = randomUUID()
  const next = await listening(`saga.${sagaId}.event.#`)
  const asked = async (service: string, action: string, payload: object) => {
    const correlationId = randomUUID()
    const same = { sagaId, correlationId, service, action, compensating: false }
    send(`saga.${sagaId}.command.${service}.${action}`, { ...same, payload, timestamp: new Date().toISOString() })
    const { key, properties, body } = await next()
    expect(properties.correlationId).toBe(correlationId)
    expect(properties.deliveryMode).toBe(2)
    expect(body).toMatchObject(same)
    return { key, payload: body['payload'] as Record<string, unknown> }
  }
  const goods = { product_id: product.id, quantity: 2, order_id: 1 }
  const stock = await asked(services.product, 'check_stock', goods)
  expect(stock).toEqual({
    key: `saga.${sagaId}.event.product.check_stock.success`,
    payload: { status: 'SUCCESS', total_price: 20, payload: goods },
  })
  const amount = stock.payload['total_price']
  await asked(services.user, 'update_balance', { owner_id: user.id, amount, order_id: 1 })
  await asked(services.product, 'update_stock', goods)
  expect([await shop.balance(user), await shop.stock(product)]).toEqual([80, 3])
})

test('a user service of their own is asked, and the order goes on with its answers', async () => {
  await running.end(services.user)
  const product = await shop.enterProduct()
  // Every saga's, for nobody knows the id of one that is still to come.
  const next = await listening('saga.*.command.user.*')
  const placed = await shop.place({ owner_id: 1, product_id: product.id })
  const heard = await listening(`saga.${placed.saga_id}.#`)
  for (const action of ['check_balance', 'update_balance']) {
    const { key, body } = await next()
    expect(key).toBe(`saga.${placed.saga_id}.command.user.${action}`)
    const timestamp = String(Date.now() / 1_000)
    const payload = { status: 'SUCCESS', payload: body['payload'] }
    send(`saga.${placed.saga_id}.event.user.${action}.success`, { ...body, payload, timestamp, result: 'success' })
  }
  expect(await shop.ended(placed)).toMatchObject({ status: 'COMPLETED' })
  expect(await shop.order(placed)).toMatchObject({ status: 'SUCCESS' })
  expect(await shop.stock(product)).toBe(3)

  const keys: string[] = []
  while (keys.at(-1) !== 'event.order.update_status.success')
    keys.push((await heard()).key.slice(`saga.${placed.saga_id}.`.length))
  expect(keys.slice(keys.indexOf('command.user.update_balance'))).toEqual([
    'command.user.update_balance',
    'event.user.update_balance.success',
    'command.product.update_stock',
    'event.product.update_stock.success',
    'command.order.update_status',
    'event.order.update_status.success',
  ])
  // What waits for our own service has been done by theirs.
  await channel.purgeQueue('saga.user')
  await running.start(services.user)
})

interface Heard {
  readonly key: string
  readonly properties: amqplib.MessageProperties
  readonly body: Record<string, unknown>
}

/** Binds a queue of its own; resolves with what waits for the next message in it. */
async function listening(pattern: string): Promise<() => Promise<Heard>> {
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, 'SAGA_EXCHANGE', pattern)
  return () =>
    eventually(async () => {
      const message = await channel.get(queue, { noAck: true })
      if (message === false) throw new Error(`Nothing has come for ${pattern}.`)
      const { fields, properties, content } = message
      return { key: fields.routingKey, properties, body: JSON.parse(content.toString()) }
    })
}

function send(key: string, body: object): void {
  channel.publish('SAGA_EXCHANGE', key, Buffer.from(JSON.stringify(body)), { persistent: true })
}
