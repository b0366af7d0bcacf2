import type { LinkOptions, Transport } from '../../ports/transport.ts'
import { surviveLostClients } from '../postgres/lost-clients.ts'
import { TwoWayLink } from '../two-way-link.ts'
import { Bell } from './bell.ts'
import { Consumer } from './consumer.ts'
import { Database } from './database.ts'
import { type PostgresTransportOptions, resolve } from './options.ts'
import { Presence } from './presence.ts'
import { Publisher } from './publisher.ts'

/**
 * Carries messages through queues in a PostgreSQL that the services share, for teams without a broker. A message is a
 * row for each queue that its address is bound to; it is there when `publish` confirms it, and gone when it is
 * acknowledged. What a reader takes it holds under a lease that it renews: while it lives nobody else gets it, however
 * long it is handled. The tables are in the schema `makegood_queues`, and are made by whoever connects first.
 *
 * @example
 * ```ts
 * const transport = postgresTransport({ pool: new pg.Pool({ connectionString, pipeline: true }) })
 * ```
 *
 * @throws MakegoodError `OPTION_INVALID`
 */
export function postgresTransport(options: PostgresTransportOptions): Transport {
  const resolved = resolve(options)
  surviveLostClients(resolved.pool)
  const database = new Database(resolved)
  return {
    name: 'postgres',
    traits: { durable: true, reportsUndeliverable: true },
    connect: (link: LinkOptions) => {
      const { queue, topology, prefetch } = link
      const presence = new Presence(database, resolved, link)
      const bell = resolved.throughPooler ? undefined : new Bell(database)
      return new TwoWayLink({
        publisher: new Publisher({ database, presence, exchange: topology.exchange, bell }),
        consumer: queue && new Consumer({ database, presence, queue, prefetch, idleMs: resolved.idleMs }),
        afterwards: () => presence.close(),
      })
    },
  }
}
