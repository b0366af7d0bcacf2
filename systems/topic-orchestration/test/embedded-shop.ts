import type { PgClient, Service } from 'makegood'
import { EmbeddedServices } from '../../runner/test/embedded-services.ts'
import { embeddedStranger } from '../../runner/test/stranger.ts'
import { topicOrchestration } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import type { RunningShop } from './shop.ts'

/** All services in this process, and one of them at a time can be ended. */
export async function embeddedShop(orderServiceUrl?: string): Promise<EmbeddedShop> {
  const running = await EmbeddedServices.of(topicOrchestration({ orderServiceUrl, requestsPerMinuteMax: 1_000_000 }))
  const stranger = embeddedStranger(running.transport, documentedWire.topology)
  await running.startEach(Object.values(services))
  return {
    ...stranger,
    urlOf: service => running.urlOf(service),
    start: service => running.start(service),
    end: service => running.end(service),
    service: name => running.service(name),
    sql: async (service, statement, values) => {
      await running.service(service).transaction(({ db }) => db.query(statement, values))
    },
    stop: async () => {
      await running.stop()
      await stranger.close()
    },
  }
}

export interface EmbeddedShop extends RunningShop {
  service(name: string): Service<string, PgClient>
}
