import type { Channel } from 'amqplib'
import { MakegoodError } from '../../model/errors.ts'
import { deadLetterQueuesOf, type Topology } from '../../ports/wire.ts'
import type { ResolvedOptions } from './options.ts'

/**
 * Makes everything of the topology that is not there yet: all of it, whoever connects, so that the second reader of an
 * event exists before the first event (protocol, rule 21).
 */
export async function declare(channel: Channel, topology: Topology, { queueType }: ResolvedOptions): Promise<void> {
  await orMismatch(
    `The exchange ${topology.exchange}`,
    channel.assertExchange(topology.exchange, 'topic', { durable: true }),
  )
  for (const queue of topology.queues) {
    await orMismatch(
      `The queue ${queue.name}`,
      channel.assertQueue(queue.name, {
        durable: true,
        arguments: { ...argumentsOf(queueType), ...(queue.inOrder ? { 'x-single-active-consumer': true } : {}) },
      }),
    )
    for (const name of deadLetterQueuesOf(queue)) {
      await orMismatch(
        `The queue ${name}`,
        channel.assertQueue(name, { durable: true, arguments: argumentsOf(queueType) }),
      )
    }
    for (const binding of queue.bindings) await channel.bindQueue(queue.name, topology.exchange, binding)
  }
}

/** No dead-lettering by the broker, and no limit that anybody reaches: dead letters are ours (protocol, rule 20). */
function argumentsOf(queueType: ResolvedOptions['queueType']): object {
  return queueType === 'quorum'
    ? { 'x-queue-type': 'quorum', 'x-delivery-limit': 100_000 }
    : { 'x-queue-type': 'classic' }
}

const preconditionFailed = 406

async function orMismatch(what: string, declared: Promise<unknown>): Promise<void> {
  try {
    await declared
  } catch (error) {
    if ((error as { readonly code?: number }).code !== preconditionFailed) throw error
    const says = error instanceof Error ? (/message "(.*)"/s.exec(error.message)?.[1] ?? error.message) : String(error)
    throw new MakegoodError(
      'TOPOLOGY_MISMATCH',
      `${what} exists with other properties (${says}): delete it when it is empty, or give the transport the queueType that it has; trying again meanwhile`,
      { cause: error },
    )
  }
}
