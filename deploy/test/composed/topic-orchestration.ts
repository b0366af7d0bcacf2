import pg from 'pg'
import { serviceNamed } from '../../../systems/runner/running-system.ts'
import type { Extent } from '../../../systems/runner/test/extent.ts'
import { amqpStranger } from '../../../systems/runner/test/stranger.ts'
import { databases } from '../../../systems/topic-orchestration/environment.ts'
import { topicOrchestration } from '../../../systems/topic-orchestration/system.ts'
import { scenarios } from '../../../systems/topic-orchestration/test/scenarios.ts'
import type { RunningShop } from '../../../systems/topic-orchestration/test/shop.ts'
import { documentedWire } from '../../../systems/topic-orchestration/wire.ts'
import { Composition } from '../containers/composition.ts'
import { describeComposed, startMsMax } from './describe-composed.ts'

export function composedTopicOrchestration(extent: Extent): void {
  describeComposed('topic-orchestration.yaml', () => scenarios(topicShop, startMsMax, extent))
}

async function topicShop(): Promise<RunningShop> {
  const system = topicOrchestration({ orderServiceUrl: undefined, requestsPerMinuteMax: 1 })
  const composition = await Composition.of('topic-orchestration.yaml')
  const { machine } = composition
  await composition.up()
  const stranger = await amqpStranger(`amqp://guest:guest@${machine}:5672`, documentedWire.topology.exchange)
  return {
    ...stranger,
    urlOf: service => `http://${machine}:${serviceNamed(system, service).port}`,
    start: service => composition.up([service]),
    end: service => composition.stop(service),
    sql: async (service, statement, values) => {
      const client = new pg.Client(`postgres://use:pwd@${machine}:5454/${databases[service as keyof typeof databases]}`)
      await client.connect()
      await client.query(statement, values)
      await client.end()
    },
    stop: async () => {
      await stranger.close()
      await composition.down()
    },
  }
}
