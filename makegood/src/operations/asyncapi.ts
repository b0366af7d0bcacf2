import type { JsonSchema } from '../definition/json-schema.ts'
import { conversationOf, type Part, type SpeakingService } from './conversation.ts'

export interface AsyncApiOptions {
  readonly title: string
  readonly version: string
  readonly description?: string
  /** With which broker they speak; its names for exchanges, queues, topics and groups are then there too. */
  readonly protocol?: 'amqp' | 'kafka'
}

/**
 * What services say to each other, as an AsyncAPI 3.0 document: a channel for each address, who sends and receives
 * there, and headers and body of every message. It is made from what the services host and how their wires show it:
 * nothing is opened, and the same services give the same document.
 *
 * @example
 * asyncapi({ title: 'Shop', version: '1.0.0', protocol: 'amqp' }, [orders, payments, orchestrator])
 *
 * @throws MakegoodError `OPTION_INVALID` if a service has a wire that cannot show its messages
 */
export function asyncapi(options: AsyncApiOptions, services: readonly SpeakingService[]): AsyncApiDocument {
  const { title, version, description, protocol } = options
  const schemas: Record<string, JsonSchema> = {}
  const parts = conversationOf(services, (name, schema) => keep(schemas, name, schema))
  const channels = grouped(parts, ({ shown }) => keyOf(shown.address))
  const operations = grouped(parts, ({ service, action, shown }) => `${service.name}.${action}.${keyOf(shown.address)}`)
  return {
    asyncapi: '3.0.0',
    info: { title, version, ...(description === undefined ? {} : { description }) },
    defaultContentType: 'application/json',
    channels: mapped(channels, parts => channelOf(parts, protocol)),
    operations: mapped(operations, parts => operationOf(parts, protocol)),
    components: { schemas },
  }
}

export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0'
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly defaultContentType: string
  readonly channels: { readonly [name: string]: Channel }
  readonly operations: { readonly [name: string]: Operation }
  readonly components: { readonly schemas: { readonly [name: string]: JsonSchema } }
}

interface Channel {
  readonly address: string
  readonly parameters?: { readonly [name: string]: object }
  readonly messages: { readonly [name: string]: Message }
  readonly bindings?: object
}

interface Operation {
  readonly action: Part['action']
  readonly channel: Reference
  readonly messages: readonly Reference[]
  readonly tags: readonly { readonly name: string }[]
  readonly bindings?: object
}

interface Message {
  readonly name: string
  readonly headers?: JsonSchema
  readonly payload?: JsonSchema
}

interface Reference {
  readonly $ref: string
}

type Protocol = AsyncApiOptions['protocol']
/** Never empty. */
type Parts = readonly [Part, ...Part[]]

function channelOf(parts: Parts, protocol: Protocol): Channel {
  const [{ shown }] = parts
  const parameters = [...shown.address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, {}] as const)
  return {
    address: shown.address,
    ...(parameters.length === 0 ? {} : { parameters: Object.fromEntries(parameters) }),
    messages: mapped(
      grouped(parts, ({ shown }) => keyOf(shown.name)),
      messageOf,
    ),
    ...bindings(protocol, { amqp: () => amqpChannel(parts[0]), kafka: () => kafkaChannel(parts[0]) }),
  }
}

function operationOf(parts: Parts, protocol: Protocol): Operation {
  const [{ service, action, shown }] = parts
  const channel = `#/channels/${keyOf(shown.address)}`
  const names = new Set(parts.map(({ shown }) => keyOf(shown.name)))
  return {
    action,
    channel: { $ref: channel },
    messages: [...names].map(name => ({ $ref: `${channel}/messages/${name}` })),
    tags: [{ name: service.name }],
    ...(action === 'send' ? {} : readBy(service, protocol)),
  }
}

/** One shape, or several: a body that may be left out does not say so in AsyncAPI, and neither does it here. */
function messageOf(parts: Parts): Message {
  const [{ shown }] = parts
  const headers = anyOf(parts.map(({ shown }) => shown.headers))
  const payload = anyOf(parts.map(({ shown }) => shown.body))
  return {
    name: shown.name,
    ...(headers === undefined ? {} : { headers }),
    ...(payload === undefined ? {} : { payload }),
  }
}

/** Of objects that differ in one property alone, that property may be any of theirs: shorter, and says the same. */
function anyOf(all: readonly (JsonSchema | undefined)[]): JsonSchema | undefined {
  const different = [
    ...new Map(all.flatMap(schema => (schema === undefined ? [] : [[textOf(schema), schema]]))).values(),
  ]
  const [first, ...others] = different
  if (first === undefined || others.length === 0) return first
  if (!different.every(isObject) || new Set(different.map(frameOf)).size > 1) return { anyOf: different }
  const { properties } = different[0]!
  const [name, ...further] = Object.keys(properties).filter(
    name => new Set(different.map(({ properties }) => textOf(properties[name]))).size > 1,
  )
  if (name === undefined || further.length > 0) return { anyOf: different }
  return {
    ...different[0],
    properties: { ...properties, [name]: anyOf(different.map(({ properties }) => properties[name])) },
  }
}

interface ObjectSchema {
  readonly [keyword: string]: unknown
  readonly properties: { readonly [name: string]: JsonSchema }
}

function isObject(schema: JsonSchema): schema is ObjectSchema {
  return typeof schema === 'object' && typeof schema['properties'] === 'object'
}

/** All that it says but for what its properties are. */
function frameOf({ properties, ...frame }: ObjectSchema): string {
  return textOf([frame, Object.keys(properties)])
}

function textOf(value: unknown): string {
  return JSON.stringify(value)
}

// ── What a broker calls it ──────────────────────────────────────────────────────────────────────────────────────────

function bindings(protocol: Protocol, of: { readonly amqp: () => object; readonly kafka: () => object }): object {
  return protocol === undefined ? {} : { bindings: { [protocol]: of[protocol]() } }
}

function amqpChannel({ service, shown }: Part): object {
  const durable = { durable: true, autoDelete: false, vhost: '/' }
  const place =
    shown.direct === true
      ? { is: 'queue', queue: { name: shown.address, exclusive: false, ...durable } }
      : { is: 'routingKey', exchange: { name: service.wire.topology.exchange, type: 'topic', ...durable } }
  return { ...place, bindingVersion: '0.3.0' }
}

/** What is bound by a pattern is written to a topic of the reader's own: its operation names that. */
function kafkaChannel({ service, shown }: Part): object {
  const { exchange } = service.wire.topology
  const topic = shown.direct === true || exchange === '' ? shown.address : `${exchange}.${shown.address}`
  return { ...(topic.includes('{') ? {} : { topic }), bindingVersion: '0.5.0' }
}

/** AsyncAPI has a place for a queue only where the queue is the channel. */
function readBy({ name, wire }: SpeakingService, protocol: Protocol): object {
  const queue = wire.queueOf(name)
  if (queue === undefined || protocol === undefined) return {}
  return {
    'x-queue': queue.name,
    ...bindings(protocol, {
      amqp: () => ({ ack: true, bindingVersion: '0.3.0' }),
      kafka: () => ({ groupId: { type: 'string', const: queue.name }, bindingVersion: '0.5.0' }),
    }),
  }
}

// ── Names in the document ───────────────────────────────────────────────────────────────────────────────────────────

/** Of the characters that a key may have. */
function keyOf(text: string): string {
  return text.replaceAll(/[{}]/g, '').replaceAll(/[^\w.-]/g, '-')
}

/** Gives what refers to it. Of two schemas that have one name, the second gets another. */
function keep(schemas: Record<string, JsonSchema>, name: string, schema: JsonSchema): JsonSchema {
  for (let number = 1; ; number += 1) {
    const key = number === 1 ? keyOf(name) : `${keyOf(name)}-${number}`
    const $ref = `#/components/schemas/${key}`
    const kept = rebased(schema, $ref) as JsonSchema
    schemas[key] ??= kept
    if (textOf(schemas[key]) === textOf(kept)) return { $ref }
  }
}

/** What refers to itself from within does so from where it stands now. */

function rebased(value: unknown, base: string): unknown {
  if (Array.isArray(value)) return value.map(item => rebased(item, base))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' && typeof part === 'string' && part.startsWith('#') ? base + part.slice(1) : rebased(part, base),
    ]),
  )
}

function grouped(parts: readonly Part[], keyOf: (part: Part) => string): ReadonlyMap<string, Parts> {
  const groups = new Map<string, [Part, ...Part[]]>()
  for (const part of parts) {
    const group = groups.get(keyOf(part))
    if (group === undefined) groups.set(keyOf(part), [part])
    else group.push(part)
  }
  return groups
}

function mapped<Value>(
  groups: ReadonlyMap<string, Parts>,
  of: (parts: Parts) => Value,
): { readonly [key: string]: Value } {
  return Object.fromEntries([...groups].map(([key, parts]) => [key, of(parts)]))
}
