import type { LinkOptions, Transport } from '../../ports/transport.ts'
import type { Envelope, Topology } from '../../ports/wire.ts'
import { EmbeddedExchange } from './embedded-exchange.ts'
import { EmbeddedLink } from './embedded-link.ts'

/**
 * Carries messages between the services of one process, with nothing installed. Share one object among them.
 *
 * It keeps nothing that a crash could lose: `publish` confirms a message only when every service that reads it has
 * acknowledged it, so until then it stands in its sender's outbox, and that is the durable queue. A service that reads
 * a message but is not connected holds up no other reader; the message stays unconfirmed and is published again.
 */
export function embedded(): EmbeddedTransport {
  const exchanges = new Map<string, EmbeddedExchange>()

  const exchangeOf = (topology: Topology): EmbeddedExchange => {
    const exchange = exchanges.get(topology.exchange) ?? new EmbeddedExchange()
    exchanges.set(topology.exchange, exchange)
    for (const queue of topology.queues) exchange.declare(queue)
    return exchange
  }

  return {
    name: 'embedded',
    traits: { durable: false, reportsUndeliverable: true },
    connect: (options: LinkOptions) => new EmbeddedLink(exchangeOf(options.topology), options),
    unhandled: queue => [...exchanges.values()].reduce((sum, exchange) => sum + exchange.unhandled(queue), 0),
    deadLetters: queue => [...exchanges.values()].flatMap(exchange => exchange.deadLetters(queue)),
  }
}

export interface EmbeddedTransport extends Transport {
  /** How many messages the service of a queue has not handled: those with it, and those that their senders keep for it. */
  unhandled(queue: string): number
  /** The copies that were sent to a dead letter queue, oldest first; the last 1 000 are kept. */
  deadLetters(queue: string): readonly Envelope[]
}
