import { isUtf8 } from 'node:buffer'
import type { KafkaRecord } from '@platformatic/kafka'
import type { Envelope } from '../../ports/wire.ts'

const idHeader = 'makegood-id'
/** Only where the topic does not tell it. */
const addressHeader = 'makegood-address'

/** What of an envelope stands in a record of a topic; `address` is the one that all messages of the topic have. */
export function recordOf(envelope: Envelope, address: string | undefined): RecordToSend {
  const headers: Record<string, string> = { ...envelope.headers, [idHeader]: envelope.id }
  if (address !== envelope.address) headers[addressHeader] = envelope.address
  return {
    headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    value: Buffer.from(envelope.body),
    ...(envelope.key === undefined ? {} : { key: Buffer.from(envelope.key) }),
  }
}

export interface RecordToSend {
  readonly headers: Map<Buffer, Buffer>
  readonly value: Buffer
  readonly key?: Buffer
}

/** Where a record stands. */
export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** The envelope of whatever stands there: what others write may have any headers, none, and no value. */
export function envelopeOf({ headers, value }: KafkaRecord, place: Place, address: string | undefined): Envelope {
  const texts: Record<string, string> = {}
  for (const [name, text] of headers) texts[name?.toString('utf8') ?? ''] = text?.toString('utf8') ?? ''
  const { [idHeader]: id, [addressHeader]: ownAddress, ...others } = texts
  if (value && !isUtf8(value)) others['makegood-unreadable'] = 'The body is not UTF-8.'
  return {
    // A record without an id is the same each time it is read.
    id: id || `${place.topic}:${place.partition}:${place.offset}`,
    address: ownAddress ?? address ?? place.topic,
    mandatory: false,
    headers: others,
    body: value?.toString('utf8') ?? '',
  }
}
