import type { PgClient, Service } from 'makegood'
import { EmbeddedServices } from '../../runner/test/embedded-services.ts'
import { embeddedStranger } from '../../runner/test/stranger.ts'
import { outboxChoreography } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import type { RunningShop } from './shop.ts'

/** The services in this process; each can be ended and started alone. */
export async function embeddedShop(names: readonly string[] = Object.values(services)): Promise<EmbeddedShop> {
  const running = await EmbeddedServices.of(outboxChoreography({ paymentLimitCents: 100_000n }))
  const stranger = embeddedStranger(running.transport, documentedWire.topology)
  await running.startEach(names)
  return {
    ...stranger,
    urlOf: service => running.urlOf(service),
    start: service => running.start(service),
    end: service => running.end(service),
    service: name => running.service(name),
    stop: async () => {
      await running.stop()
      await stranger.close()
    },
  }
}

export interface EmbeddedShop extends RunningShop {
  service(name: string): Service<string, PgClient>
}
