import { type JsonSchema, jsonSchemaOf } from '../definition/json-schema.ts'
import { type Command, type Event, type MessageType, serviceOf } from '../definition/message.ts'
import { type Saga, stepsOf } from '../definition/saga.ts'
import type { Schema } from '../definition/schema.ts'
import { commandsHandled, commandsSent, eventsReceived, eventsSent } from '../engine/hosted-messages.ts'
import type { Hosted } from '../engine/options.ts'
import { MakegoodError } from '../model/errors.ts'
import type { EngineFailure } from '../model/failure.ts'
import type { Direction } from '../model/message.ts'
import type { MessageShape, Shown, Wire } from '../ports/wire.ts'

/** A service as others know it: what it hosts, and how it is spoken with. */
export interface SpeakingService {
  readonly name: string
  readonly hosts: readonly Hosted<never>[]
  readonly wire: Wire
}

/** A service sends, or receives, messages of one shape. */
export interface Part {
  readonly service: SpeakingService
  readonly action: 'send' | 'receive'
  readonly shown: Shown
}

/**
 * All that services say to each other, in the order in which they host it.
 *
 * Who sends an event, its wire may know, or the choreography that leads to it; otherwise it is the service that the
 * event is named after, if it is among these.
 *
 * @param schemas is told each schema under a name, and gives what stands for it in a message.
 * @throws MakegoodError `OPTION_INVALID` if a service has a wire that cannot show its messages
 */
export function conversationOf(services: readonly SpeakingService[], schemas: Schemas): readonly Part[] {
  const shapes = new Shapes(services, schemas)
  const parts: Part[] = []
  const add = (service: SpeakingService, action: Part['action'], all: readonly MessageShape[]) =>
    parts.push(...all.map(shape => ({ service, action, shown: shownBy(service, shape) })))
  for (const service of services) {
    for (const hosted of service.hosts) {
      for (const event of eventsReceived(hosted)) {
        const shape = shapes.event(event)
        const { from = leadsTo(event, services) ?? serviceOf(event.type) } = shownBy(service, shape)
        for (const sender of services.filter(({ name }) => name === from)) add(sender, 'send', [shape])
        add(service, 'receive', [shape])
      }
      for (const command of commandsHandled(hosted)) {
        add(service, 'receive', shapes.commands(command, service.wire))
        add(service, 'send', shapes.replies(command, service.wire))
      }
      for (const command of commandsSent(hosted)) {
        add(service, 'send', shapes.commands(command, service.wire))
        add(service, 'receive', shapes.replies(command, service.wire))
      }
      for (const event of eventsSent(hosted)) add(service, 'send', [shapes.event(event)])
    }
  }
  return parts
}

export type Schemas = (name: string, schema: JsonSchema) => JsonSchema

function shownBy({ name, wire }: SpeakingService, shape: MessageShape): Shown {
  if (wire.shown !== undefined) return wire.shown(shape)
  throw new MakegoodError(
    'OPTION_INVALID',
    `The wire of ${name} cannot show its messages: give it \`shown\`, which says of each what \`encode\` makes of it.`,
  )
}

interface Ask {
  readonly command: Command
  readonly direction: Direction
}

function asksOf(saga: Saga): readonly Ask[] {
  return stepsOf(saga).flatMap(({ command, compensation }): Ask[] => [
    { command, direction: 'forward' },
    ...(typeof compensation === 'object'
      ? [{ command: compensation.command, direction: 'compensation' } as const]
      : []),
  ])
}

function leadsTo({ type }: Event, services: readonly SpeakingService[]): string | undefined {
  const leads = services
    .flatMap(({ hosts }) => hosts)
    .flatMap(hosted => (hosted.kind === 'choreography' ? hosted.leads : []))
  return leads.find(({ to }) => to.some(event => event.type === type))?.in
}

/** Of each message its shapes: a command may go in more than one direction, and be answered in many ways. */
class Shapes {
  readonly #asks: readonly Ask[]
  readonly #schemas: Schemas

  constructor(services: readonly SpeakingService[], schemas: Schemas) {
    this.#asks = services.flatMap(({ hosts }) =>
      hosts.flatMap(hosted => (hosted.kind === 'saga' ? asksOf(hosted) : [])),
    )
    this.#schemas = schemas
  }

  event({ type, payload }: Event): MessageShape {
    return { kind: 'event', type, payload: this.#schema(type, payload) }
  }

  commands({ type, payload }: Command, wire: Wire): readonly MessageShape[] {
    const asked = this.#schema(type, payload)
    return this.#directionsOf(type, wire).map(direction => ({
      kind: 'command',
      type,
      direction,
      payload: direction === 'close' ? undefined : asked,
    }))
  }

  replies(command: Command, wire: Wire): readonly MessageShape[] {
    const { type } = command
    return this.#directionsOf(type, wire).flatMap(direction => [
      ...this.#successes(command, direction).map(
        payload => ({ kind: 'reply', type, direction, failure: undefined, payload }) as const,
      ),
      ...this.#failures(command, direction).map(answer => ({ kind: 'reply', type, direction, ...answer }) as const),
    ])
  }

  /** Where there was nothing to undo, the engine answers for the participant, and says nothing more. */
  #successes({ type, reply }: Command, direction: Direction): readonly (JsonSchema | undefined)[] {
    const payload = this.#schema(`${type}.reply`, reply)
    return direction === 'compensation' && payload !== undefined ? [payload, undefined] : [payload]
  }

  #failures({ type, failures }: Command, direction: Direction): readonly Failed[] {
    const declared = Object.entries(failures as { readonly [code: string]: Schema<unknown> }).map(
      ([code, details]) => ({
        failure: code,
        payload: this.#schema(`${type}.${code}`, details),
      }),
    )
    const byEngine = direction === 'close' ? closing : handling
    return [...declared, ...byEngine.map(failure => ({ failure, payload: detailsOf[failure] }))]
  }

  #directionsOf(type: MessageType, { canClose }: Wire): readonly Direction[] {
    const known = new Set(this.#asks.filter(({ command }) => command.type === type).map(({ direction }) => direction))
    if (known.size === 0) known.add('forward')
    if (canClose && known.has('forward')) known.add('close')
    return [...known]
  }

  #schema(name: string, schema: Schema<unknown>): JsonSchema | undefined {
    const shown = jsonSchemaOf(schema)
    return shown === undefined ? undefined : this.#schemas(name, shown)
  }
}

interface Failed {
  readonly failure: string
  readonly payload: JsonSchema | undefined
}

/** With what a participant's engine may answer in its place, asked to do a step or undo it, and to close it. */
const handling: readonly EngineFailure[] = ['UNPROCESSABLE', 'EXPIRED']
const closing: readonly EngineFailure[] = ['CLOSED', 'IN_DOUBT', 'EXPIRED']

const detailsOf: { readonly [failure in EngineFailure]: JsonSchema | undefined } = {
  UNPROCESSABLE: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
  EXPIRED: undefined,
  CLOSED: undefined,
  IN_DOUBT: undefined,
}
