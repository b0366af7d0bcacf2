import type { LinkOptions, Transport } from '../../ports/transport.ts'
import { TwoWayLink } from '../two-way-link.ts'
import { Consumer } from './consumer.ts'
import { type RabbitmqOptions, resolve } from './options.ts'
import { Publisher } from './publisher.ts'

/**
 * Carries messages over RabbitMQ: one durable topic exchange, a durable queue for each service, publisher confirms and
 * manual acknowledgements. Each link has a connection that publishes and, if it takes, another that takes: a broker
 * short of memory stops reading from whoever publishes, and acknowledgements are what relieves it.
 *
 * @throws MakegoodError `OPTION_INVALID`
 */
export function rabbitmq(options: RabbitmqOptions = {}): Transport {
  const resolved = resolve(options)
  return {
    name: 'rabbitmq',
    traits: { durable: true, reportsUndeliverable: true, comesAgain: resolved.packed ? 'pack' : 'none' },
    connect: (link: LinkOptions) =>
      new TwoWayLink({
        publisher: new Publisher(resolved, link),
        consumer: link.queue && new Consumer(resolved, link, link.queue),
      }),
  }
}
