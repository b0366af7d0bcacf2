import { isIP } from 'node:net'
import { type Environment, Trouble } from '../runner/environment.ts'
import { databaseIn, type Servers, sharedServers } from '../runner/servers.ts'
import { type AdminCredentials, adminCredentials } from './admin/credentials.ts'
import { toCents } from './amount.ts'

/** What can be set about the shop, beyond where its servers are. */
export interface OutboxSettings {
  /** Payments up to and including it are confirmed, in cents. May be turned while the system runs. */
  paymentLimitCents: bigint
  /** Who may say for whom they ask, as a gateway does: addresses, ranges, and what Fastify has names for. */
  readonly trustedProxies: readonly string[]
  /** Who may sign in to the admin sites. */
  readonly admin: AdminCredentials
}

/** @throws Trouble, naming the variable. */
export function outboxSettings(environment: Environment): OutboxSettings {
  const limit = environment.text('PAYMENT_LIMIT', '1000')
  const paymentLimitCents = toCents(limit)
  if (paymentLimitCents === undefined)
    throw new Trouble(`PAYMENT_LIMIT is ${JSON.stringify(limit)}: it must be an amount with at most two decimals.`)
  const trustedProxies = environment.text('TRUSTED_PROXIES', 'loopback').split(/\s*,\s*/)
  const wrong = trustedProxies.find(proxy => !isProxy(proxy))
  if (wrong !== undefined)
    throw new Trouble(
      `TRUSTED_PROXIES has ${JSON.stringify(wrong)}: it takes addresses, ranges such as 172.16.0.0/12, loopback, linklocal and uniquelocal, with commas between them.`,
    )
  return { paymentLimitCents, trustedProxies, admin: adminCredentials(environment) }
}

function isProxy(text: string): boolean {
  const [address = '', bits] = text.split('/', 2)
  const version = isIP(address)
  if (version === 0) return ['loopback', 'linklocal', 'uniquelocal'].includes(text)
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
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
