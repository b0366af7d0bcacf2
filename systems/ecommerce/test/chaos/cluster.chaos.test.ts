import { longChaos } from '../../../runner/test/chaos/long-chaos.ts'
import { rabbitmqCluster } from '../../../runner/test/chaos/servers/rabbitmq.ts'
import type { Subject } from '../../../runner/test/chaos/subject.ts'
import { shop } from './shop.ts'

let hosts: readonly string[] = []

const shopOnCluster: Subject = {
  ...shop,
  broker: async () => {
    const broker = await rabbitmqCluster('saga.events')
    hosts = broker.hosts
    return broker
  },
  variablesOf: place => ({ ...shop.variablesOf(place), RABBITMQ_HOST: hosts.join(',') }),
}

longChaos(shopOnCluster, 'Insufficient stock')
