import { Admin, type BaseOptions, Consumer, Producer } from '@platformatic/kafka'
import type { ResolvedOptions } from './options.ts'

/** How long leaving a group may take. */
const closeMs = 2_000

/**
 * Clients that try nothing again by themselves: whoever uses one gives it up when it fails, and what was not confirmed
 * stays in the outbox. Their idempotent producers are not used: decision 0010 says how they lose messages.
 */
export function adminOf(options: ResolvedOptions): Admin {
  return new Admin(baseOf(options))
}

export function producerOf(options: ResolvedOptions): Producer<Buffer, Buffer, Buffer, Buffer> {
  return new Producer({ ...baseOf(options), acks: -1 })
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

/** Whatever the brokers answer, its connections are closed afterwards. */
export async function closeQuietly(
  client: Admin | Producer<Buffer, Buffer, Buffer, Buffer> | Consumer<Buffer, Buffer, Buffer, Buffer>,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>(resolve => {
    timer = setTimeout(resolve, closeMs)
  })
  // What fails after it has been given up is nobody's.
  client.on('error', () => {})
  const leaving = client instanceof Consumer ? Promise.resolve(client.leaveGroup(true)) : Promise.resolve()
  await Promise.race([timeout, leaving.catch(() => {})])
  clearTimeout(timer)
  await client.connections.close().catch(() => {})
}
