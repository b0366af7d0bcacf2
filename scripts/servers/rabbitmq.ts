import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keeperOf } from './keeper.ts'
import { placesForNodes, type RabbitmqNode, startNode, startPortMapper, urlAt, userOfTests } from './rabbitmq-node.ts'
import { notOurs, type Restartable, refusing } from './restartable.ts'

export { canStartRabbitmq } from './rabbitmq-node.ts'

/**
 * Starts a throw-away RabbitMQ on free ports of 127.0.0.1, or takes the one that `MAKEGOOD_TEST_AMQP_URL` names. It
 * ends with this process, however that ends.
 */
export async function startRabbitmq(): Promise<RabbitmqServer> {
  const given = process.env['MAKEGOOD_TEST_AMQP_URL']
  return given === undefined ? startOwnRabbitmq() : useGiven(given)
}

/** One that may be killed and restarted, whatever the environment names. */
export async function startOwnRabbitmq(): Promise<RabbitmqServer> {
  const [place] = await placesForNodes(1)
  const folder = await mkdtemp(join(tmpdir(), 'makegood-rabbitmq-'))
  const keeper = keeperOf(folder)
  await startPortMapper(place!, { folder, keeper })
  const node = await startNode(place!, { folder, keeper })
  return { ...node, ...userOfTests, host: '127.0.0.1', url: urlAt(node.port), stop: () => keeper.release() }
}

export interface RabbitmqServer extends Restartable, Pick<RabbitmqNode, 'port' | 'ctl'> {
  readonly url: string
  readonly host: string
  readonly user: string
  readonly password: string
  readonly vhost: string
}

function useGiven(url: string): RabbitmqServer {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    ...{ url, host: hostname, port: Number(port || 5672) },
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    vhost: decodeURIComponent(pathname.slice(1)) || '/',
    ...notOurs('MAKEGOOD_TEST_AMQP_URL'),
    ctl: refusing('MAKEGOOD_TEST_AMQP_URL'),
    stop: async () => {},
  }
}
