import { type Environment, Trouble } from '../runner/environment.ts'
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
 * Where the database is, under the names that the runner knows: the parts of the documented `DATABASE_URL`, and without
 * one the documented user on this machine.
 *
 * @throws Trouble, naming the variable
 */
export function databaseVariables(environment: Environment): { readonly [name: string]: string } {
  const text = environment.text('DATABASE_URL', '')
  if (text === '') return { DB_USER: 'user', DB_PASSWORD: 'password' }
  if (!/^postgres(ql)?:/.test(text) || !URL.canParse(text)) {
    throw new Trouble('DATABASE_URL is not of the form postgres://user:password@host:5432/db.')
  }
  const { hostname, port, username, password, pathname } = new URL(text)
  return {
    DB_HOST: hostname,
    DB_PORT: port || '5432',
    DB_USER: decodeURIComponent(username),
    DB_PASSWORD: decodeURIComponent(password),
    DB_NAME: decodeURIComponent(pathname.slice(1)),
  }
}
