import { postgresTransport } from 'makegood/postgres-transport'
import pg from 'pg'
import type { Environment } from './environment.ts'
import { databaseIn, type Servers } from './servers.ts'

/**
 * The servers of a system, with queues in the PostgreSQL that `QUEUES_DATABASE_URL` names in the place of its broker; as
 * they are if it is not set.
 *
 * @throws Trouble, naming the variable.
 */
export function orQueuesInPostgres(servers: Servers, environment: Environment): Servers {
  const wanted = 'postgresql://user:password@host:5432/database'
  const url = environment.url('QUEUES_DATABASE_URL', /^postgres(ql)?:$/, wanted)
  if (url === undefined) return servers
  const pool = new pg.Pool({ ...databaseIn(url), pipeline: true, max: 10 } as pg.PoolConfig)
  return { ...servers, broker: postgresTransport({ pool }) }
}
