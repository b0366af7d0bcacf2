import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { MakegoodError } from '../../model/errors.ts'

export interface RabbitmqOptions {
  /** `amqp://user:password@host:port/vhost`, `amqps:` for TLS. The options below stand before what it says. */
  readonly url?: string
  /** @defaultValue 127.0.0.1 */
  readonly hostname?: string
  /**
   * The nodes of one cluster, instead of `hostname`: `host` or `host:port`, from 1 to 100. Each connection goes to one of
   * them, by chance, and to the next when it is lost or cannot be made. @defaultValue `hostname` alone
   */
  readonly hosts?: readonly string[]
  /** Where hosts do not say theirs. @defaultValue 5672, with TLS 5671 */
  readonly port?: number
  /** @defaultValue guest */
  readonly user?: string
  /** @defaultValue guest */
  readonly password?: string
  /** @defaultValue / */
  readonly vhost?: string
  /** Certificates and the like, as for `tls.connect`. Naming it asks for TLS. */
  readonly tls?: TlsOptions
  /** Both sides tell each other that they live; a link notices a dead peer after two to three of these. From 1 to 600. @defaultValue 10 */
  readonly heartbeatSeconds?: number
  /** How long a connection may take to be made, in milliseconds, from 100 to 60 000. @defaultValue 10 000 */
  readonly connectTimeoutMs?: number
  /**
   * How long a broker may leave a message without an answer, or refuse what is sent to one address, in milliseconds, from
   * 1 000 to 600 000. Then `publish` resolves without it, and the connection is made anew. @defaultValue 10 000
   */
  readonly confirmTimeoutMs?: number
  /** What RabbitMQ's own tools show for our connections. @defaultValue makegood */
  readonly connectionName?: string
  /** Quorum queues are replicated and survive the loss of a node; classic ones are for old brokers. @defaultValue quorum */
  readonly queueType?: 'quorum' | 'classic'
  /**
   * Sends what one publish has for one queue as one message of the broker, which costs half. Only where nobody but
   * services of one topology and this transport reads: others cannot read parcels, and queues that others bind get
   * none. A link takes parcels whether it packs or not. @defaultValue false
   */
  readonly packed?: boolean
}

/** Where a broker, or a node of its cluster, listens. */
export interface Address {
  readonly hostname: string
  readonly port: number
}

export interface ResolvedOptions {
  /** At least one. */
  readonly addresses: readonly Address[]
  readonly user: string
  readonly password: string
  readonly vhost: string
  readonly tls: TlsOptions | undefined
  readonly heartbeatSeconds: number
  readonly connectTimeoutMs: number
  readonly confirmTimeoutMs: number
  readonly connectionName: string
  readonly queueType: 'quorum' | 'classic'
  readonly packed: boolean
}

export function resolve(options: RabbitmqOptions): ResolvedOptions {
  if (options.hosts !== undefined && options.hostname !== undefined)
    throw invalid('hosts', 'is given beside hostname: one of them is enough')
  const given = { ...(options.url === undefined ? {} : readUrl(options.url)), ...definedOf(options) }
  const tls = given.tls
  return {
    addresses: addressesOf(given),
    user: given.user ?? 'guest',
    password: given.password ?? 'guest',
    vhost: given.vhost ?? '/',
    tls,
    heartbeatSeconds: within('heartbeatSeconds', given.heartbeatSeconds ?? 10, 1, 600),
    connectTimeoutMs: within('connectTimeoutMs', given.connectTimeoutMs ?? 10_000, 100, 60_000),
    confirmTimeoutMs: within('confirmTimeoutMs', given.confirmTimeoutMs ?? 10_000, 1_000, 600_000),
    connectionName: given.connectionName ?? 'makegood',
    queueType: oneOf('queueType', given.queueType ?? 'quorum', ['quorum', 'classic']),
    packed: given.packed ?? false,
  }
}

/** `hosts` stand before the host of a URL. */
function addressesOf({ hosts, hostname = '127.0.0.1', port: given, tls }: RabbitmqOptions): readonly Address[] {
  const port = within('port', given ?? (tls ? 5671 : 5672), 1, 65_535)
  if (hosts === undefined) return [{ hostname, port }]
  if (hosts.length < 1 || hosts.length > hostsMax) {
    throw invalid('hosts', `has ${hosts.length} hosts, where 1 to ${hostsMax} are expected`)
  }
  return hosts.map(host => readHost(host, port))
}

const hostsMax = 100

function readHost(text: string, port: number): Address {
  const [, ipv6, name, own] = /^(?:\[([\da-f:.]+)\]|([^\s:/@[\]]+))(?::(\d+))?$/i.exec(text) ?? []
  const hostname = ipv6 ?? name
  if (hostname === undefined) throw invalid('hosts', `has ${JSON.stringify(text)}, where host or host:port is expected`)
  return { hostname, port: own === undefined ? port : within('hosts', Number(own), 1, 65_535) }
}

function readUrl(text: string): RabbitmqOptions {
  if (!URL.canParse(text)) throw invalid('url', 'is not a URL: amqp://user:password@host:port/vhost is expected')
  const url = new URL(text)
  if (url.protocol !== 'amqp:' && url.protocol !== 'amqps:') {
    throw invalid('url', `begins with ${url.protocol}, where amqp: or amqps: is expected`)
  }
  return definedOf({
    hostname: url.hostname.replace(/^\[|\]$/g, '') || undefined,
    port: url.port === '' ? undefined : Number(url.port),
    user: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    vhost: url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : undefined,
    tls: url.protocol === 'amqps:' ? {} : undefined,
  })
}

/** An option that is there but undefined is an option that is not there. */
function definedOf(
  options: { readonly [Name in keyof RabbitmqOptions]: RabbitmqOptions[Name] | undefined },
): RabbitmqOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function within(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(name, `is ${value}, where a whole number from ${min} to ${max} is expected`)
}

function oneOf<Value extends string>(name: string, value: Value, allowed: readonly Value[]): Value {
  if (allowed.includes(value)) return value
  throw invalid(name, `is ${value}, where ${allowed.join(' or ')} is expected`)
}

function invalid(name: string, what: string): MakegoodError {
  return new MakegoodError('OPTION_INVALID', `The option ${name} of rabbitmq ${what}.`)
}
