import type { ConsumeMessage, Options } from 'amqplib'
import type { Envelope, Queue } from '../../ports/wire.ts'
import { topicPattern } from '../topic-pattern.ts'
import { propertiesOf } from './message.ts'

/** What travels as one message of the broker. */
export interface Parcel {
  readonly envelopes: readonly Envelope[]
  /** The queue it goes to, past all bindings; undefined for a single message, which goes where its address says. */
  readonly queue: string | undefined
}

const packedType = 'application/vnd.makegood.packed+json'

/** A parcel is acknowledged, or comes again, as a whole: so it is not much larger than what one transaction handles. */
const envelopesMax = 50
const charactersMax = 512 * 1024

/** Each message alone, as every reader of RabbitMQ understands it. */
export function separately(envelopes: readonly Envelope[]): readonly Parcel[] {
  return envelopes.map(envelope => ({ envelopes: [envelope], queue: undefined }))
}

/**
 * Packs together what exactly one queue of the topology reads: the broker's work is for each message, not for each
 * byte. What nobody or several read goes alone, after what was packed for the same queues, so that order is kept.
 */
export function packing(queues: readonly Queue[]): (envelopes: readonly Envelope[]) => readonly Parcel[] {
  const known = queues.map(({ name, bindings }) => ({ name, reads: topicPattern(bindings) }))
  return envelopes => {
    const parcels: Parcel[] = []
    const open = new Map<string, OpenParcel>()
    for (const envelope of envelopes) {
      const readers = envelope.direct ? [] : known.filter(({ reads }) => reads(envelope.address))
      if (readers.length === 1) {
        const queue = readers[0]!.name
        if (open.get(queue)?.add(envelope)) continue
        const begun = new OpenParcel(queue, envelope)
        open.set(queue, begun)
        parcels.push(begun)
      } else {
        for (const { name } of readers) open.delete(name)
        parcels.push({ envelopes: [envelope], queue: undefined })
      }
    }
    return parcels
  }
}

class OpenParcel implements Parcel {
  readonly queue: string
  readonly envelopes: Envelope[]
  #characters: number

  constructor(queue: string, first: Envelope) {
    this.queue = queue
    this.envelopes = [first]
    this.#characters = first.body.length
  }

  /** False if there is no room for it. */
  add(envelope: Envelope): boolean {
    this.#characters += envelope.body.length
    return (
      this.envelopes.length < envelopesMax && this.#characters <= charactersMax && this.envelopes.push(envelope) > 0
    )
  }
}

/** What the broker is given for a parcel of several. Its id is its first message's, for it is only its own. */
export function packedMessage(envelopes: readonly Envelope[]): {
  readonly content: Buffer
  readonly properties: Options.Publish
} {
  const content = Buffer.from(
    JSON.stringify(envelopes.map(({ id, address, headers, body }) => [id, address, headers, body])),
  )
  return {
    content,
    properties: { ...propertiesOf(envelopes[0]!), mandatory: true, headers: {}, contentType: packedType },
  }
}

/** The messages of a parcel; undefined if it is none, or only calls itself one. */
export function unpack({ content, properties }: ConsumeMessage): readonly Envelope[] | undefined {
  if (properties.contentType !== packedType) return undefined
  try {
    const packed: unknown = JSON.parse(content.toString('utf8'))
    if (!Array.isArray(packed) || packed.length === 0 || !packed.every(isPacked)) return undefined
    return packed.map(([id, address, headers, body]) => ({ id, address, mandatory: false, headers, body }))
  } catch {
    return undefined
  }
}

function isPacked(item: unknown): item is readonly [string, string, Envelope['headers'], string] {
  if (!Array.isArray(item)) return false
  const [id, address, headers, body] = item
  return (
    [id, address, body].every(part => typeof part === 'string') &&
    typeof headers === 'object' &&
    headers !== null &&
    Object.values(headers).every(value => typeof value === 'string')
  )
}
