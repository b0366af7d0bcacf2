import { MakegoodError } from '../../model/errors.ts'
import type { PgPool } from '../postgres/client.ts'

export interface PostgresTransportOptions {
  /**
   * Leads to the database that the services share; it may be the one of a service's store. Each link that takes holds
   * one of its clients all the time, to listen. makegood never ends it.
   */
  readonly pool: PgPool
  /**
   * How long what a process has taken stays its own after its last sign of life, in milliseconds, from 1 000 to 600 000.
   * What a killed process had comes again so much later; one that stands still for longer loses what it has, and others
   * handle it too. @defaultValue 5 000
   */
  readonly leaseMs?: number
  /**
   * The longest rest between two looks into an empty queue, in milliseconds, from 10 to 10 000. A service looks every
   * 500 ms all the same. @defaultValue 250
   */
  readonly idleMs?: number
  /**
   * How long the database may leave a statement without an answer, in milliseconds, from 1 000 to 600 000. Then
   * `publish` resolves without it, and the connection is given up. @defaultValue 10 000
   */
  readonly answerTimeoutMs?: number
  /**
   * The pool leads to a pooler that may give every transaction another session, such as pgbouncer in transaction mode.
   * Then no statement is prepared by name, which costs the server some CPU, and nobody listens: a message for an idle
   * service waits until it looks, `idleMs` at the most. @defaultValue false
   */
  readonly throughPooler?: boolean
}

export type ResolvedOptions = Required<PostgresTransportOptions>

export function resolve(options: PostgresTransportOptions): ResolvedOptions {
  return {
    pool: options.pool,
    leaseMs: within('leaseMs', options.leaseMs ?? 5_000, 1_000, 600_000),
    idleMs: within('idleMs', options.idleMs ?? 250, 10, 10_000),
    answerTimeoutMs: within('answerTimeoutMs', options.answerTimeoutMs ?? 10_000, 1_000, 600_000),
    throughPooler: options.throughPooler ?? false,
  }
}

function within(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new MakegoodError(
    'OPTION_INVALID',
    `The option ${name} of postgresTransport is ${value}, where a whole number from ${min} to ${max} is expected.`,
  )
}
