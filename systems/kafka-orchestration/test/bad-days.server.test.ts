import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { provideKafka } from '../../../scripts/servers/kafka.ts'
import { type MariadbServer, startOwnMariadb } from '../../../scripts/servers/mariadb.ts'
import { freePortOffset } from '../../runner/free-ports.ts'
import { started } from '../../runner/test/started.ts'
import { services } from '../wire.ts'
import { type ServersShop, serversShop } from './servers-shop.ts'
import { type PlacedOrder, Shop } from './shop.ts'
import { eachHasTheirOwn, tenUsersOrder } from './ten-users.ts'

const isThere = await provideKafka()

/** What only happens where there are servers, and partitions that processes share. */
describe.skipIf(!isThere)('on a real Kafka', () => {
  let mariadb: MariadbServer
  let running: ServersShop
  let shop: Shop
  let early: PlacedOrder
  beforeAll(async () => {
    // What it has committed is there after a kill.
    mariadb = await startOwnMariadb({ settings: { 'innodb-flush-log-at-trx-commit': '2' } })
    running = await serversShop({ postgresUrl: inject('postgresUrl'), mysqlUrl: mariadb.url }, [services.order])
    shop = new Shop(running)
    early = await shop.place({ userID: 1, productID: 3 })
    await Promise.all([services.orchestrator, services.stock, services.payment].map(each => running.start(each)))
  }, 240_000)
  afterAll(async () => {
    await running?.stop()
    await mariadb?.stop()
  })

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

  test("the orders' MariaDB is killed and comes back in the middle of orders", { timeout: 180_000 }, async () => {
    const orders = await tenUsersOrder(shop)
    await mariadb.kill()
    await mariadb.start()
    await eachHasTheirOwn(shop, orders)
  })

  test('a user whom MariaDB does not know ends the start with a sentence', async () => {
    const { host, port } = new URL(mariadb.url)
    const offset = String(await freePortOffset([8091]))
    const { ended } = started(
      ['kafka-orchestration', '--servers', '--service', services.order, '--port-offset', offset],
      { SPRING_DATASOURCE_URL: `jdbc:mysql://${host}/orderdb`, SPRING_DATASOURCE_USERNAME: 'nobody' },
    )
    const { code, err } = await ended
    expect(code).toBe(1)
    expect(err).toContain(
      `MySQL at 127.0.0.1:${port} refuses the user nobody: set SPRING_DATASOURCE_USERNAME and SPRING_DATASOURCE_PASSWORD.`,
    )
  })

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

  test('the broker goes away and comes back in the middle of orders', { timeout: 180_000 }, async () => {
    const before = await tenUsersOrder(shop)
    const [during] = await Promise.all([tenUsersOrder(shop), running.kafka.restart()])
    for (const orders of [before, during]) await eachHasTheirOwn(shop, orders)
  })
})
