import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { ConsumeMessage, Options } from 'amqplib'
import type { Envelope } from '../../ports/wire.ts'

/**
 * The AMQP properties of an envelope that is sent.
 * @throws Error for a header that RabbitMQ would close the channel for.
 */
export function propertiesOf(envelope: Envelope): Options.Publish {
  if ('CC' in envelope.headers || 'BCC' in envelope.headers)
    throw new Error('RabbitMQ reads the headers CC and BCC itself')
  return {
    messageId: envelope.id,
    ...(envelope.correlationId === undefined ? {} : { correlationId: envelope.correlationId }),
    persistent: true,
    mandatory: envelope.mandatory,
    contentType: 'application/json',
    timestamp: Math.floor(Date.now() / 1000),
    headers: envelope.headers,
  }
}

/** The envelope of whatever came: what others publish may have any headers, any body and no id. */
export function envelopeOf({ content, fields, properties }: ConsumeMessage): Envelope {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(properties.headers ?? {})) {
    if (!brokersOwn.has(name)) headers[name] = headerText(value)
  }
  if (!isUtf8(content)) headers['makegood-unreadable'] = 'The body is not UTF-8.'
  const body = content.toString('utf8')
  const address = fields.routingKey
  return { id: properties.messageId || digestOf(address, headers, content), address, mandatory: false, headers, body }
}

/** Counted by quorum queues, and so not the same each time. */
const brokersOwn: ReadonlySet<string> = new Set(['x-delivery-count', 'x-acquired-count'])

function headerText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '')
}

/** The same for a message without an id each time it comes, so that it is handled once. */
function digestOf(address: string, headers: object, content: Buffer): string {
  return createHash('sha256')
    .update(JSON.stringify([address, headers]))
    .update(content)
    .digest('hex')
    .slice(0, 32)
}
