import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { SASLOptions } from '@platformatic/kafka'
import { MakegoodError } from '../../model/errors.ts'

export interface KafkaOptions {
  /** `host:port` of some brokers; they name the others. @defaultValue ['127.0.0.1:9092'] */
  readonly brokers?: readonly string[]
  /** Mechanism, user name and password, or tokens, as `@platformatic/kafka` takes them. */
  readonly sasl?: SASLOptions
  /** Certificates and the like, as for `tls.connect`. Naming it asks for TLS. */
  readonly tls?: TlsOptions
  /** What the brokers' own tools show for our connections. @defaultValue makegood */
  readonly clientId?: string
  /** Whether topics that are not there are made. If not, they are waited for, and reported. @defaultValue true */
  readonly createTopics?: boolean
  /**
   * How many partitions a topic gets that we make: as many processes of a service can share it. From 1 to 1 000.
   * @defaultValue 6
   */
  readonly partitions?: number
  /** How many brokers hold each partition of a topic that we make, from 1 to 100. @defaultValue as the brokers are set */
  readonly replicationFactor?: number
  /**
   * Further settings of topics that we make, such as `{ 'min.insync.replicas': '2' }`. They stand before our own:
   * messages are kept for 30 days (`retention.ms`) and may have 8 MiB (`max.message.bytes`).
   */
  readonly topicConfig?: { readonly [name: string]: string }
  /**
   * How long a process may be silent until its partitions go to others, in milliseconds, from 1 000 to 600 000.
   * Brokers allow 6 000 to 1 800 000 if they are not told otherwise. @defaultValue 20 000
   */
  readonly sessionMs?: number
  /**
   * How often a process shows that it lives, in milliseconds, from 100 to a third of `sessionMs`. When one comes or
   * goes, the others notice so late. @defaultValue 1 000
   */
  readonly heartbeatMs?: number
  /** How long a connection may take to be made, in milliseconds, from 100 to 60 000. @defaultValue 10 000 */
  readonly connectTimeoutMs?: number
  /**
   * How long a broker may leave a request without an answer, in milliseconds, from 1 000 to 600 000. Then `publish`
   * resolves without it, and the connection is made anew. @defaultValue 30 000
   */
  readonly answerTimeoutMs?: number
}

export interface ResolvedOptions {
  readonly brokers: readonly string[]
  readonly sasl: SASLOptions | undefined
  readonly tls: TlsOptions | undefined
  readonly clientId: string
  readonly createTopics: boolean
  readonly partitions: number
  readonly replicationFactor: number | undefined
  readonly topicConfig: { readonly [name: string]: string }
  readonly sessionMs: number
  readonly heartbeatMs: number
  readonly connectTimeoutMs: number
  readonly answerTimeoutMs: number
}

const day = 24 * 60 * 60 * 1000

export function resolve(given: KafkaOptions): ResolvedOptions {
  const { replicationFactor, sasl, tls } = given
  const sessionMs = within('sessionMs', given.sessionMs ?? 20_000, 1_000, 600_000)
  const thirdMs = Math.floor(sessionMs / 3)
  return {
    brokers: brokersIn(given.brokers ?? ['127.0.0.1:9092']),
    ...{ sasl, tls },
    clientId: given.clientId ?? 'makegood',
    createTopics: given.createTopics ?? true,
    partitions: within('partitions', given.partitions ?? 6, 1, 1_000),
    replicationFactor:
      replicationFactor === undefined ? undefined : within('replicationFactor', replicationFactor, 1, 100),
    topicConfig: {
      // As long as the inbox remembers what it has handled; one that is older would be refused (protocol, rule 5).
      'retention.ms': String(30 * day),
      'max.message.bytes': String(8 * 1024 * 1024),
      ...given.topicConfig,
    },
    sessionMs,
    heartbeatMs: within('heartbeatMs', given.heartbeatMs ?? Math.min(1_000, thirdMs), 100, thirdMs),
    connectTimeoutMs: within('connectTimeoutMs', given.connectTimeoutMs ?? 10_000, 100, 60_000),
    answerTimeoutMs: within('answerTimeoutMs', given.answerTimeoutMs ?? 30_000, 1_000, 600_000),
  }
}

function brokersIn(brokers: readonly string[]): readonly string[] {
  if (brokers.length === 0) throw invalid('brokers', 'is empty, where host:port of one or more is expected')
  for (const broker of brokers) {
    const port = Number(/^(?:[^\s/:]+|\[[\da-f:]+\]):(\d{1,5})$/i.exec(broker)?.[1])
    if (port >= 1 && port <= 65_535) continue
    throw invalid('brokers', `has ${JSON.stringify(broker)}, where host:port is expected`)
  }
  return [...brokers]
}

function within(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(name, `is ${value}, where a whole number from ${min} to ${max} is expected`)
}

function invalid(name: string, what: string): MakegoodError {
  return new MakegoodError('OPTION_INVALID', `The option ${name} of kafka ${what}.`)
}
