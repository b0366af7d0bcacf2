import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import type { Transport } from '../../src/makegood.ts'
import { cuttable, type Way } from '../adapters/network.ts'
import { Crowd } from '../engine/crowd.ts'
import { postgresPlace } from '../engine/postgres-place.ts'
import type { Place } from '../engine/shop-scenarios.ts'

// One service has ways of its own, on which packets get lost without a word.

const cutOff = 'money'
/** For what nobody tells, and whoever waits finds out. */
const patience = { timeout: 120_000 }

test.each([
  { from: 'broker', make: cutOffFromBroker, database: 'up' },
  { from: 'database', make: cutOffFromDatabase, database: 'down' },
])(
  'a service that is cut off from its $from says so, the others go on, and what arrives late counts once',
  async ({ make, database }) => {
    const { crowd, way } = await make()
    await crowd.underLoad(4, async load => {
      await load.more(10)
      way.freeze()
      await crowd.begin(20)
      await expect.poll(() => crowd.of(cutOff).health(), patience).toMatchObject({ ready: false, database })
      expect(await crowd.orders.health()).toMatchObject({ ready: true })
      way.heal()
      await load.more(10)
    })
    await crowd.addsUp()
    expect(await crowd.of(cutOff).health()).toMatchObject({ ready: true })
  },
  300_000,
)

test('connections to a database that a firewall has forgotten are given up, and new ones are made', async () => {
  const { crowd, way } = await cutOffFromDatabase()
  await crowd.underLoad(4, async load => {
    await load.more(10)
    way.freeze()
    way.forget()
    await load.more(10)
  })
  await crowd.addsUp()
}, 300_000)

interface CutOff {
  readonly crowd: Crowd
  readonly way: Way
}

async function cutOffFromBroker(): Promise<CutOff> {
  const url = inject('amqpUrl')
  const way = await cuttable(url)
  // Longer than this process may be kept from running, or the broker would miss a heartbeat of ours.
  const its = rabbitmq({ url: way.url, heartbeatSeconds: 4 })
  const others = rabbitmq({ url })
  const transport: Transport = {
    ...others,
    connect: link => (link.service === cutOff ? its : others).connect(link),
  }
  return { crowd: await crowdAt(await postgresPlace(inject('postgresUrl'), transport)), way }
}

async function cutOffFromDatabase(): Promise<CutOff> {
  const place = await postgresPlace(inject('postgresUrl'), rabbitmq({ url: inject('amqpUrl') }))
  const way = await cuttable(place.urlOf(cutOff))
  const pool = new pg.Pool({ connectionString: way.url, pipeline: true, max: 5 } as pg.PoolConfig)
  onTestFinished(() => {
    way.cut()
    return pool.end()
  })
  const its = postgres({
    ...{ pool, connectionTimeoutMs: 2_000, statementTimeoutMs: 1_000 },
    // Locks of a transaction that nobody hears of any more are held for so long.
    idleInTransactionTimeoutMs: 3_000,
  })
  return {
    crowd: await crowdAt({ ...place, store: service => (service === cutOff ? its : place.store(service)) }),
    way,
  }
}

async function crowdAt(place: Place): Promise<Crowd> {
  onTestFinished(() => place.close())
  const crowd = await Crowd.at(place)
  onTestFinished(() => crowd.scaleTo(0))
  await crowd.scaleTo(1)
  return crowd
}
