import type { LinkOptions, Transport } from '../../ports/transport.ts'
import { surviveLostClients } from '../postgres/lost-clients.ts'
import { Database } from './database.ts'
import { type PostgresTransportOptions, resolve } from './options.ts'
import { PostgresLink } from './postgres-link.ts'

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
    connect: (link: LinkOptions) => new PostgresLink(database, resolved, link),
  }
}
