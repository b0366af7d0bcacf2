import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { keeperOf } from './keeper.ts'
import { listens } from './ports.ts'
import {
  placesForNodes,
  type RabbitmqNode,
  type RabbitmqPlace,
  startNode,
  startPortMapper,
  urlAt,
  userOfTests,
} from './rabbitmq-node.ts'

/** Three nodes of RabbitMQ that hold each quorum queue together: two of them suffice. */
export interface RabbitmqCluster {
  readonly nodes: readonly RabbitmqNode[]
  /** Of the nodes, as clients name them. */
  readonly hosts: readonly string[]
  /** Of one node; user, password and vhost are those of all. */
  readonly url: string
  /** The node that leads this queue, asked of one that is up. */
  leaderOf(queue: string): Promise<RabbitmqNode>
  /** Resolves when each node is up, and every quorum queue has a member at work on each. */
  untilWhole(): Promise<void>
  /** Ends all of them for good and removes their data. */
  stop(): Promise<void>
}

/** Starts a throw-away cluster on free ports of 127.0.0.1. It ends with this process, however that ends. */
export async function startRabbitmqCluster(): Promise<RabbitmqCluster> {
  const [first, ...others] = await placesForNodes(3)
  const folder = await mkdtemp(join(tmpdir(), 'makegood-rabbitmq-cluster-'))
  const keeper = keeperOf(folder)
  const start = async (place: RabbitmqPlace, settings: readonly string[]) => {
    const home = join(folder, place.name)
    await mkdir(home)
    return startNode(place, {
      folder: home,
      keeper,
      settings: [...settings, 'cluster_partition_handling = pause_minority'],
    })
  }
  const nodes: RabbitmqNode[] = []
  try {
    await startPortMapper(first!, { folder, keeper })
    nodes.push(await start(first!, []))
    nodes.push(...(await Promise.all(others.map(place => start(place, joining(first!))))))
  } catch (error) {
    await keeper.release()
    throw error
  }
  return {
    nodes,
    hosts: nodes.map(({ port }) => `127.0.0.1:${port}`),
    url: urlAt(nodes[0]!.port),
    leaderOf: async queue => {
      const leader = (await queuesOf(nodes)).find(({ name }) => name === queue)?.leader
      return nodes.find(({ name }) => name === leader)!
    },
    untilWhole: () => untilWhole(nodes),
    stop: () => keeper.release(),
  }
}

/** How long nodes may take to find each other again. */
const wholeMsMax = 180_000

async function untilWhole(nodes: readonly RabbitmqNode[]): Promise<void> {
  const giveUpAt = Date.now() + wholeMsMax
  for (;;) {
    const up = await nodesThatAreUp(nodes)
    const queues = up.length === nodes.length ? await queuesOf(up) : []
    const short = queues.filter(({ online }) => online.length < nodes.length).map(({ name }) => name)
    if (up.length === nodes.length && short.length === 0) return
    if (Date.now() > giveUpAt)
      throw new Error(`The cluster is not whole: ${up.length} nodes are up; short of members: ${short.join(', ')}`)
    await pause(500)
  }
}

interface QuorumQueue {
  readonly name: string
  /** Names of nodes. */
  readonly leader: string
  readonly online: readonly string[]
}

async function queuesOf(nodes: readonly RabbitmqNode[]): Promise<readonly QuorumQueue[]> {
  const [node] = await nodesThatAreUp(nodes)
  if (node === undefined) throw new Error('No node of the cluster is up.')
  const about = ['name', 'type', 'leader', 'online']
  const listed = await node.ctl('list_queues', '-p', userOfTests.vhost, '--formatter', 'json', ...about)
  const queues = JSON.parse(listed) as readonly (QuorumQueue & { readonly type: string })[]
  return queues.filter(({ type }) => type.endsWith('quorum'))
}

async function nodesThatAreUp(nodes: readonly RabbitmqNode[]): Promise<readonly RabbitmqNode[]> {
  const up = await Promise.all(nodes.map(({ port }) => listens(port)))
  return nodes.filter((_, number) => up[number])
}

/** What a node does when it is started for the first time. */
function joining({ name }: RabbitmqPlace): readonly string[] {
  return [
    'cluster_formation.peer_discovery_backend = classic_config',
    `cluster_formation.classic_config.nodes.1 = ${name}`,
  ]
}
