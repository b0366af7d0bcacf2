export type { MysqlPool, PooledConnection } from './client.ts'
export { type MysqlOptions, mysql } from './mysql.ts'
