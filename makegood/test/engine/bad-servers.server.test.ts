import { afterEach, describe, expect, inject, test } from 'vitest'
import { startOwnPostgres } from '../../../scripts/servers/postgres.ts'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { Crowd } from './crowd.ts'
import { postgresPlace } from './postgres-place.ts'
import type { Place } from './shop-scenarios.ts'

describe('servers on a bad day', () => {
  let place: Place
  let crowd: Crowd
  let ends: (() => Promise<void>)[] = []

  const open = async (made: Place) => {
    place = made
    ends.push(() => place.close())
    crowd = await Crowd.at(place)
    ends.push(() => crowd.scaleTo(0))
  }
  afterEach(async () => {
    for (const end of ends.toReversed()) await end()
    ends = []
  })

  test('replicas that come and go during load on five hot rows lose, double and deadlock nothing (rule 18)', async () => {
    await open(await postgresPlace(inject('postgresUrl'), rabbitmq({ url: inject('amqpUrl') })))
    await crowd.scaleTo(1)
    await crowd.begin(60)
    await crowd.scaleTo(3)
    await crowd.begin(60)
    crowd.world.noCarrier = true
    await crowd.begin(60)
    await expect.poll(() => crowd.world.refunds.size, { timeout: 60_000 }).toBeGreaterThan(0)
    await crowd.scaleTo(2)
    crowd.world.noCarrier = false
    await crowd.begin(60)
    await crowd.scaleTo(1)

    const { compensated } = await crowd.addsUp()
    expect(compensated).toBeGreaterThan(0)
    expect(await crowd.deadlocks()).toBe(0)
  }, 120_000)

  test('replicas on one database in one process share their work and do nothing twice (rule 18)', async () => {
    await open(await postgresPlace(inject('postgresUrl'), embedded()))
    await crowd.scaleTo(3)
    await crowd.begin(150)
    await crowd.addsUp()
    expect(await crowd.deadlocks()).toBe(0)
  }, 120_000)

  test('a pool of which others hold every connection costs a delay', async () => {
    await open(await postgresPlace(inject('postgresUrl'), embedded()))
    await crowd.scaleTo(1)
    const held = Promise.all(Array.from({ length: 5 }, () => place.sql('stock', 'select pg_sleep(2)')))
    await crowd.begin(20)
    await held
    await crowd.addsUp()
  }, 120_000)

  test('a database that is killed pauses its services, and they go on by themselves when it is back', async () => {
    const server = await startOwnPostgres({ fsync: false })
    ends.push(() => server.stop())
    await open(await postgresPlace(server.url, embedded()))
    crowd.world.providerMs = 20
    await crowd.scaleTo(1)
    await crowd.begin(40)
    await server.kill()
    await expect.poll(async () => (await crowd.orders.health()).database).toBe('down')
    await server.restart()
    await expect.poll(async () => (await crowd.orders.health()).database).toBe('up')
    await crowd.begin(10)
    await crowd.addsUp()
  }, 120_000)
})
