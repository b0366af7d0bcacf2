import type { DriverClient, PgPool } from './client.ts'

/**
 * An `error` without a listener ends the process. A pool tells by one of a connection that was lost while it lay idle;
 * and a client of one that is lost in the same breath in which it became ready, before whoever asked for it can listen.
 */
export function surviveLostClients(pool: PgPool): void {
  if (watched.has(pool)) return
  watched.add(pool)
  const emitter = pool as unknown as PoolEvents
  if (emitter.listenerCount?.('error') === 0) emitter.on?.('error', () => {})
  emitter.on?.('connect', client => client.on?.('error', () => {}))
}

/** Several services may be made with one pool. */
const watched = new WeakSet<PgPool>()

interface PoolEvents {
  listenerCount?(event: 'error'): number
  on?(event: 'error' | 'connect', listener: (client: DriverClient) => void): void
}
