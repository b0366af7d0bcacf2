export type { PgPool, PooledClient } from '../postgres/client.ts'
export type { PostgresTransportOptions } from './options.ts'
export { postgresTransport } from './postgres-transport.ts'
