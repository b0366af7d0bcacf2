import { outboxChoreography } from '../../../systems/outbox-choreography/system.ts'
import type { RunningShop } from '../../../systems/outbox-choreography/test/shop.ts'
import { documentedWire } from '../../../systems/outbox-choreography/wire.ts'
import { serviceNamed } from '../../../systems/runner/running-system.ts'
import { operator } from '../../../systems/runner/test/operator.ts'
import { amqpStranger } from '../../../systems/runner/test/stranger.ts'
import { Composition } from '../containers/composition.ts'

export async function outboxShop(services: readonly string[]): Promise<RunningShop> {
  const system = outboxChoreography()
  const composition = await Composition.of('outbox-choreography.yaml', operator.variables)
  await composition.up(services)
  const stranger = await amqpStranger(
    `amqp://guest:guest@${composition.machine}:5672`,
    documentedWire.topology.exchange,
  )
  return {
    ...stranger,
    urlOf: service => `http://${composition.machine}:${serviceNamed(system, service).port}`,
    start: service => composition.up([service]),
    end: service => composition.stop(service),
    stop: async () => {
      await stranger.close()
      await composition.down()
    },
  }
}
