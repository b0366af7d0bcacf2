import { type Environment, Trouble } from '../runner/environment.ts'
import { databaseIn, type Servers, sharedServers } from '../runner/servers.ts'
import { toCents } from './amount.ts'

/** What can be set about the shop, beyond where its servers are. */
export interface OutboxSettings {
  /** Payments up to and including it are confirmed, in cents. */
  readonly paymentLimitCents: bigint
}

/** @throws Trouble, naming the variable. */
export function outboxSettings(environment: Environment): OutboxSettings {
  const text = environment.text('PAYMENT_LIMIT', '1000')
  const paymentLimitCents = toCents(text)
  if (paymentLimitCents !== undefined) return { paymentLimitCents }
  throw new Trouble(`PAYMENT_LIMIT is ${JSON.stringify(text)}: it must be an amount with at most two decimals.`)
}

/**
 * Where databases and broker are: the documented `DATABASE_URL` of one service, and without it one server for all.
 *
 * @throws Trouble, naming the variable
 */
export function outboxServers(environment: Environment): Servers {
  const shared = sharedServers(environment, { user: 'user', password: 'password' })
  const url = environment.url('DATABASE_URL', /^postgres(ql)?:$/, 'postgres://user:password@host:5432/db')
  return url === undefined ? shared : { ...shared, database: () => databaseIn(url) }
}
