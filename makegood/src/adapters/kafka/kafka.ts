import type { LinkOptions, Transport } from '../../ports/transport.ts'
import { TwoWayLink } from '../two-way-link.ts'
import { Consumer } from './consumer.ts'
import { type KafkaOptions, resolve } from './options.ts'
import { Publisher } from './publisher.ts'
import { Topics } from './topics.ts'

/**
 * Carries messages over Kafka. A queue is a consumer group of its name; which topics it reads, and which are written
 * to, `Topics` says. Offsets are committed after messages were acknowledged, so each arrives at least once.
 *
 * Order is kept among the messages of one key in one topic, for they share a partition. Processes of one service share
 * the partitions of its topics: more of them than there are partitions are of no use.
 *
 * @throws MakegoodError `OPTION_INVALID`, here for options and from `connect` for names that no topic can have.
 */
export function kafka(options: KafkaOptions = {}): Transport {
  const resolved = resolve(options)
  return {
    name: 'kafka',
    traits: { durable: true, reportsUndeliverable: true, keepsOrderOf: 'key', comesAgain: 'later' },
    connect: (link: LinkOptions) => {
      const topics = new Topics(link.topology)
      return new TwoWayLink({
        publisher: new Publisher(resolved, link, topics),
        consumer: link.queue && new Consumer(resolved, link, link.queue, topics),
      })
    },
  }
}
