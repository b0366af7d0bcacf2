import { EmbeddedServices } from '../../runner/test/embedded-services.ts'
import { embeddedStranger } from '../../runner/test/stranger.ts'
import { kafkaOrchestration } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import type { RunningShop } from './shop.ts'

/** All services in this process, or those that are named, and each can be ended and started alone. */
export async function embeddedShop(first: readonly string[] = Object.values(services)): Promise<RunningShop> {
  const running = await EmbeddedServices.of(kafkaOrchestration({ requestsPerMinuteMax: 1_000_000 }))
  const stranger = embeddedStranger(running.transport, documentedWire.topology)
  await running.startEach(first)
  return {
    ...stranger,
    urlOf: service => running.urlOf(service),
    start: service => running.start(service),
    end: service => running.end(service),
    execute: async (service, statement) => {
      await running.service(service).transaction(({ db }) => db.query(statement))
    },
    stop: async () => {
      await running.stop()
      await stranger.close()
    },
  }
}
