import { Admin, type BaseOptions, Consumer, Producer } from '@platformatic/kafka'
import { inTime } from '../in-time.ts'
import type { ResolvedOptions } from './options.ts'

/** How long leaving a group may take. */
const leaveMs = 2_000

/**
 * Clients that try nothing again by themselves: whoever uses one gives it up when it fails, and what was not confirmed
 * stays in the outbox. Their idempotent producers are not used: decision 0012 says how they lose messages.
 */
export function adminOf(options: ResolvedOptions): Admin {
  return new Admin(baseOf(options))
}

export function producerOf(options: ResolvedOptions): Producer<Buffer, Buffer, Buffer, Buffer> {
  return new Producer({ ...baseOf(options), acks: -1, repeatOnStaleMetadata: false })
}

/** One that has joined no group, and will not before it is told to. */
export function consumerOf(options: ResolvedOptions, groupId: string): Consumer<Buffer, Buffer, Buffer, Buffer> {
  return new Consumer({
    ...baseOf(options),
    groupId,
    sessionTimeout: options.sessionMs,
    rebalanceTimeout: options.sessionMs,
    heartbeatInterval: options.heartbeatMs,
    isolationLevel: 1,
  })
}

function baseOf({ brokers, sasl, tls, clientId, connectTimeoutMs, answerTimeoutMs }: ResolvedOptions): BaseOptions {
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    retries: 0,
    autocreateTopics: false,
    connectTimeout: connectTimeoutMs,
    requestTimeout: answerTimeoutMs,
    timeout: answerTimeoutMs,
    ...(sasl === undefined ? {} : { sasl }),
    ...(tls === undefined ? {} : { tls }),
  }
}

/** Has the group share out its partitions at once, and not only when the session is over. */
export async function leaveGroup(member: Consumer<Buffer, Buffer, Buffer, Buffer>): Promise<void> {
  await inTime(leaveMs, Promise.resolve(member.leaveGroup(true)))
}

/** Closes connections and says nothing to anybody. */
export async function abandon(client: Admin | AnyProducer | AnyConsumer): Promise<void> {
  // What fails from now on is nobody's.
  client.on('error', () => {})
  await client.connections.close().catch(() => {})
  // Without connections that tells nobody; it ends the heartbeats, which would go on for ever.
  if (client instanceof Consumer) void Promise.resolve(client.leaveGroup(true)).catch(() => {})
}

type AnyProducer = ReturnType<typeof producerOf>
type AnyConsumer = ReturnType<typeof consumerOf>
