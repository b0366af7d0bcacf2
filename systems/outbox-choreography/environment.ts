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
