import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type PostgresServer, startOwnPostgres } from '../../../scripts/servers/postgres.ts'
import { type RabbitmqCluster, startRabbitmqCluster } from '../../../scripts/servers/rabbitmq-cluster.ts'
import type { RabbitmqNode } from '../../../scripts/servers/rabbitmq-node.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { Crowd } from '../engine/crowd.ts'
import { postgresPlace } from '../engine/postgres-place.ts'

let cluster: RabbitmqCluster
let server: PostgresServer

beforeAll(async () => {
  server = await startOwnPostgres({ fsync: false })
  cluster = await startRabbitmqCluster()
}, 300_000)

afterAll(async () => {
  await cluster?.stop()
  await server.stop()
})

const ways: readonly { how: string; takeAway: Act; bringBack: Act }[] = [
  { how: 'killed', takeAway: node => node.kill(), bringBack: node => node.start() },
  { how: 'frozen', takeAway: async node => node.freeze(), bringBack: async node => node.thaw() },
]

type Act = (node: RabbitmqNode) => Promise<void>

test.each(ways)(
  'each of three nodes in turn, twice, is $how under load: orders go on ending, and nothing is lost or doubled',
  async ({ takeAway, bringBack }) => {
    const transport = rabbitmq({ url: cluster.url, hosts: cluster.hosts })
    const place = await postgresPlace(server.url, transport)
    onTestFinished(() => place.close())
    const crowd = await Crowd.at(place)
    onTestFinished(() => crowd.scaleTo(0))
    await crowd.scaleTo(2)
    await crowd.underLoad(16, async load => {
      for (const node of [...cluster.nodes, ...cluster.nodes]) {
        await load.more(100)
        await takeAway(node)
        await load.more(100)
        await bringBack(node)
        await cluster.untilWhole()
      }
    })
    await crowd.addsUp()
    expect(await crowd.orders.health()).toMatchObject({ ready: true })
  },
  20 * 60_000,
)
