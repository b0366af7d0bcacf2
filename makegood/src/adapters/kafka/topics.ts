import { MakegoodError } from '../../model/errors.ts'
import { deadLetterQueuesOf, type Envelope, type Queue, type Topology } from '../../ports/wire.ts'
import { topicPattern } from '../topic-pattern.ts'

/**
 * Which topics a topology has. Kafka knows no bindings, so whoever sends writes to each topic that somebody reads:
 *
 * - An address that a queue binds by its plain name is a topic that all such queues read: `{exchange}.{address}`, or
 *   the address alone where the exchange has no name.
 * - What a queue binds by a pattern is written to a topic of the queue's own name, and so is everything of a queue
 *   that is in order, for Kafka keeps order within a topic only.
 *
 * So a queue gets each message once, and its own topic is where a message goes that is sent to it directly.
 */
export class Topics {
  /** All that are to exist. */
  readonly all: readonly string[]
  readonly #prefix: string
  readonly #queues: readonly Reading[]
  readonly #addresses = new Map<string, string>()
  readonly #direct: ReadonlySet<string>

  /** @throws MakegoodError `OPTION_INVALID` */
  constructor({ exchange, queues }: Topology) {
    this.#prefix = exchange === '' ? '' : `${exchange}.`
    this.#queues = queues.map(queue => ({
      queue,
      plain: new Set(plainBindingsOf(queue)),
      matches: topicPattern(queue.bindings),
    }))
    for (const { plain } of this.#queues) {
      for (const address of plain) this.#addresses.set(this.#prefix + address, address)
    }
    this.#direct = new Set(queues.flatMap(queue => [queue.name, ...deadLetterQueuesOf(queue)]))
    this.all = [...new Set([...this.#direct, ...this.#addresses.keys()])]
    this.#check()
  }

  /** What a consumer of this queue subscribes to. */
  readBy(queue: Queue): readonly string[] {
    return [...new Set([queue.name, ...plainBindingsOf(queue).map(address => this.#prefix + address)])]
  }

  /** Where this message is written to. Asked for each, with nothing remembered: addresses carry saga ids. */
  of({ address, direct }: Envelope): readonly string[] {
    if (direct) return this.#direct.has(address) ? [address] : []
    const topics = new Set<string>()
    for (const { queue, plain, matches } of this.#queues) {
      if (plain.has(address)) topics.add(this.#prefix + address)
      else if (matches(address)) topics.add(queue.name)
    }
    return [...topics]
  }

  /** The address that all messages of a topic have; undefined for a queue's own. */
  addressOf(topic: string): string | undefined {
    return this.#addresses.get(topic)
  }

  #check(): void {
    for (const topic of this.all) {
      if (!/^(?!\.\.?$)[\w.-]{1,249}$/.test(topic)) {
        throw invalid(
          `${topic} cannot be a topic: 1 to 249 letters, digits, dots, underscores and hyphens are expected`,
        )
      }
    }
    for (const { queue } of this.#queues) {
      const address = this.#addresses.get(queue.name)
      if (address !== undefined && !plainBindingsOf(queue).includes(address)) {
        throw invalid(`the queue ${queue.name} has the name of a topic that it does not bind: give one of them another`)
      }
    }
  }
}

interface Reading {
  readonly queue: Queue
  readonly plain: ReadonlySet<string>
  readonly matches: (address: string) => boolean
}

function plainBindingsOf({ bindings, inOrder }: Queue): readonly string[] {
  return inOrder ? [] : bindings.filter(binding => !/(^|\.)[*#](\.|$)/.test(binding))
}

function invalid(what: string): MakegoodError {
  return new MakegoodError('OPTION_INVALID', `On Kafka ${what}.`)
}
