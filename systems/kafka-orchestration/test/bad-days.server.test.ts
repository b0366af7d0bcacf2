import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { provideKafka } from '../../../scripts/servers/kafka.ts'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { services } from '../wire.ts'
import { type ServersShop, serversShop } from './servers-shop.ts'
import { type PlacedOrder, Shop } from './shop.ts'
import { eachHasTheirOwn, tenUsersOrder } from './ten-users.ts'

const isThere = await provideKafka()

/** What only happens where there is a broker, with partitions that processes share. */
describe.skipIf(!isThere)('on a real Kafka', () => {
  let running: ServersShop
  let shop: Shop
  let early: PlacedOrder
  beforeAll(async () => {
    const urls = { postgresUrl: inject('postgresUrl'), mysqlUrl: await askAt(inject('mysqlDoor')) }
    running = await serversShop(urls, [services.order])
    shop = new Shop(running)
    early = await shop.place({ userID: 1, productID: 3 })
    await Promise.all([services.orchestrator, services.stock, services.payment].map(each => running.start(each)))
  }, 240_000)
  afterAll(() => running?.stop(), 60_000)

  test('an order that was placed before the other services had ever run is completed by them', async () => {
    expect(await shop.ended(early)).toMatchObject({ status: 'ORDER_COMPLETED' })
  })

  test.each([services.orchestrator, services.stock, services.payment, services.order])(
    'partitions go to a second process of %s in the middle of orders, and back when it is killed',
    { timeout: 180_000 },
    async service => {
      const before = await tenUsersOrder(shop)
      const [during] = await Promise.all([tenUsersOrder(shop), running.startAnother(service)])
      const shared = await tenUsersOrder(shop)
      await running.endOther(service, 'SIGKILL')
      const after = await tenUsersOrder(shop)
      for (const orders of [before, during, shared, after]) await eachHasTheirOwn(shop, orders)
    },
  )

  test('records of any kind are dead letters with the reason, and hold up nobody', async () => {
    const topics = ['order-created', 'reserve-product', 'product-reserved', 'process-payment', 'order-updated']
    const noText = Buffer.from([0xff, 0xfe, 0x00, 0x80])
    for (const topic of topics) {
      await running.sendBytes(topic, undefined)
      await running.sendBytes(topic, Buffer.from(`"${topic} with a key"`), 'a key')
      await running.sendBytes(topic, noText)
    }
    await eachHasTheirOwn(shop, await tenUsersOrder(shop))
    for (const topic of topics) {
      expect(await shop.deadLetter(topic, '')).toContain('not JSON')
      expect(await shop.deadLetter(topic, `"${topic} with a key"`)).toContain('not a JSON object')
      expect(await shop.deadLetter(topic, noText.toString())).toContain('not UTF-8')
    }
  })

  // Last, for whoever listened is not made for it.
  test('the broker goes away and comes back in the middle of orders', { timeout: 180_000 }, async () => {
    const before = await tenUsersOrder(shop)
    const [during] = await Promise.all([tenUsersOrder(shop), running.kafka.restart()])
    for (const orders of [before, during]) await eachHasTheirOwn(shop, orders)
  })
})
