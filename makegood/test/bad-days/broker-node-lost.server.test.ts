import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { canStartRabbitmq } from '../../../scripts/servers/rabbitmq.ts'
import { type RabbitmqCluster, startRabbitmqCluster } from '../../../scripts/servers/rabbitmq-cluster.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { Crowd } from '../engine/crowd.ts'
import { postgresPlace } from '../engine/postgres-place.ts'
import { shopWire } from '../engine/shop.ts'

const canStart = canStartRabbitmq()

describe.skipIf(!canStart)(`three nodes of RabbitMQ${canStart ? '' : ', left out: none is installed'}`, () => {
  let cluster: RabbitmqCluster
  beforeAll(async () => {
    cluster = await startRabbitmqCluster()
  }, 300_000)
  afterAll(() => cluster?.stop())

  test('lose the one that leads under load: orders go on ending, nothing is lost or doubled, and it takes part again', async () => {
    const { url, hosts } = cluster
    const place = await postgresPlace(inject('postgresUrl'), rabbitmq({ url, hosts }))
    onTestFinished(() => place.close())
    const crowd = await Crowd.at(place)
    onTestFinished(() => crowd.scaleTo(0))
    await crowd.scaleTo(2)
    await crowd.underLoad(8, async load => {
      await load.more(20)
      const leader = await cluster.leaderOf(shopWire.queueOf('money')!.name)
      await leader.kill()
      await load.more(60)
      await leader.start()
      await cluster.untilWhole()
      await load.more(20)
    })
    expect(await crowd.addsUp()).toMatchObject({ compensated: 0 })
    expect(await crowd.orders.health()).toMatchObject({ ready: true })
  }, 300_000)
})
