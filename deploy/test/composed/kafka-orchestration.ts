import mysql from 'mysql2/promise'
import pg from 'pg'
import { kafkaOrchestration } from '../../../systems/kafka-orchestration/system.ts'
import { kafkaStranger } from '../../../systems/kafka-orchestration/test/kafka-stranger.ts'
import { scenarios } from '../../../systems/kafka-orchestration/test/scenarios.ts'
import type { RunningShop } from '../../../systems/kafka-orchestration/test/shop.ts'
import { documentedWire, services } from '../../../systems/kafka-orchestration/wire.ts'
import { serviceNamed } from '../../../systems/runner/running-system.ts'
import type { Extent } from '../../../systems/runner/test/extent.ts'
import { Composition } from '../containers/composition.ts'
import { describeComposed, startMsMax } from './describe-composed.ts'

export function composedKafkaOrchestration(extent: Extent): void {
  describeComposed('kafka-orchestration.yaml', () => scenarios(kafkaShop, startMsMax, extent))
}

async function kafkaShop(): Promise<RunningShop> {
  const system = kafkaOrchestration({ requestsPerMinuteMax: 1 })
  const composition = await Composition.of('kafka-orchestration.yaml')
  const { machine } = composition
  await composition.up()
  const stranger = await kafkaStranger([`${machine}:29092`], documentedWire.topology)
  const postgresOf = (service: string) =>
    `postgres://postgres:postgres@${machine}:${service === services.stock ? '5434/stockdb' : '5433/paymentdb'}`
  return {
    ...stranger,
    urlOf: service => `http://${machine}:${serviceNamed(system, service).port}`,
    start: service => composition.up([service]),
    end: service => composition.stop(service),
    execute: async (service, statement) => {
      if (service === services.order) {
        const connection = await mysql.createConnection(`mysql://root:password@${machine}:3306/orderdb`)
        await connection.query(statement).finally(() => connection.end())
      } else {
        const client = new pg.Client(postgresOf(service))
        await client.connect()
        await client.query(statement).finally(() => client.end())
      }
    },
    stop: async () => {
      await stranger.close()
      await composition.down()
    },
  }
}
