import type { PgClient, Service } from 'makegood'
import { EmbeddedServices } from '../../runner/test/embedded-services.ts'
import { embeddedStranger } from '../../runner/test/stranger.ts'
import { tracker } from '../../runner/tracker-service.ts'
import { creditChoreography } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import type { RunningShop } from './shop.ts'

/** Both services in this process, and one of them at a time can be ended. */
export async function embeddedShop(): Promise<EmbeddedShop> {
  const running = await EmbeddedServices.of(creditChoreography({ requestsPerMinuteMax: 1_000_000 }))
  const stranger = embeddedStranger(running.transport, documentedWire.topology)
  await running.startEach([services.orders, services.customers, tracker])
  return {
    ...stranger,
    urlOf: service => running.urlOf(service),
    start: service => running.start(service),
    end: service => running.end(service),
    service: name => running.service(name === services.rejections ? services.orders : name, name),
    enterCustomer: async balanceCents => {
      const { rows } = await running
        .service(services.customers)
        .transaction(({ db }) => db.query<{ id: number }>(enterCustomer, [balanceCents]))
      return rows[0]!.id
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

export const enterCustomer = `
  insert into customers (id, name, email, balance_cents)
  select coalesce(max(id), 0) + 1, 'Customer', 'customer' || coalesce(max(id), 0) + 1 || '@example.com', $1::bigint
  from customers
  returning id
`
