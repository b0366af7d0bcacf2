export type { PgPool, PooledClient } from './client.ts'
export { type PostgresOptions, postgres } from './postgres.ts'
