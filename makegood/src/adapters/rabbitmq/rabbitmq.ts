import type { LinkOptions, Transport } from '../../ports/transport.ts'
import { type RabbitmqOptions, resolve } from './options.ts'
import { RabbitmqLink } from './rabbitmq-link.ts'

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
    connect: (link: LinkOptions) => new RabbitmqLink(resolved, link),
  }
}
