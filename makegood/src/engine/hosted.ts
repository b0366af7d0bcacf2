import { type Choreography, eventsOf } from '../definition/choreography.ts'
import type { Command, Event } from '../definition/message.ts'
import type { Handler, Reaction } from '../definition/participant.ts'
import type { Saga } from '../definition/saga.ts'
import { MakegoodError } from '../model/errors.ts'
import { trackedVersion } from './follow.ts'
import type { Hosted } from './options.ts'

/** What a service hosts, by what brings it into play. */
export interface HostedIndex {
  readonly handlers: ReadonlyMap<string, Handler<unknown>>
  readonly reactions: ReadonlyMap<string, readonly Reaction<unknown>[]>
  /** Every event that is read here, by its type. */
  readonly events: ReadonlyMap<string, Event>
  /** The newest version of each saga that an event starts. */
  readonly starts: ReadonlyMap<string, readonly Saga[]>
  /** By name and version. */
  readonly sagas: ReadonlyMap<string, Saga>
  /** The commands whose replies its sagas read. */
  readonly commands: ReadonlyMap<string, Command>
  readonly choreographies: readonly Choreography[]
  /** Those that are followed, by name and version. */
  readonly tracked: ReadonlyMap<string, Choreography>
  /** Those that are followed, by the types of their events. */
  readonly trackedOn: ReadonlyMap<string, readonly Choreography[]>
}

export function sagaKey(name: string, version: number): string {
  return `${name}/${version}`
}

/** @throws MakegoodError `HOSTS_INVALID`, naming what is there twice. */
export function indexHosted(service: string, hosts: readonly Hosted<never>[]): HostedIndex {
  const handlers = new Map<string, Handler<unknown>>()
  const reactions = new Map<string, Reaction<unknown>[]>()
  const sagas = new Map<string, Saga>()
  const commands = new Map<string, Command>()
  const choreographies: Choreography[] = []
  const tracked = new Map<string, Choreography>()

  for (const hosted of hosts as readonly Hosted<unknown>[]) {
    switch (hosted.kind) {
      case 'handler':
        addOnce(handlers, hosted.command.type, hosted, `${service} hosts two handlers for the command`)
        break
      case 'reaction':
        reactions.set(hosted.event.type, [...(reactions.get(hosted.event.type) ?? []), hosted])
        break
      case 'saga':
        addOnce(sagas, sagaKey(hosted.name, hosted.version), hosted, `${service} hosts twice the saga and version`)
        for (const command of commandsOf(hosted)) addSame(commands, command, service)
        break
      case 'choreography':
        choreographies.push(hosted)
        break
      case 'tracker': {
        const { name } = hosted.choreography
        addOnce(
          tracked,
          sagaKey(name, trackedVersion),
          hosted.choreography,
          `${service} follows twice the choreography`,
        )
        break
      }
    }
  }
  const clash = [...tracked.keys()].find(key => sagas.has(key))
  if (clash !== undefined)
    throw new MakegoodError(
      'HOSTS_INVALID',
      `${service} leads a saga and follows a choreography under one name: ${clash}.`,
    )
  return {
    handlers,
    reactions,
    events: eventsRead(hosts),
    starts: startsOf(sagas),
    sagas,
    commands,
    choreographies,
    tracked,
    trackedOn: trackedOn([...tracked.values()]),
  }
}

function addOnce<Value>(into: Map<string, Value>, key: string, value: Value, trouble: string): void {
  if (into.has(key)) throw new MakegoodError('HOSTS_INVALID', `${trouble} ${key}.`)
  into.set(key, value)
}

/** Two declarations of one type would read one reply in two ways. */
function addSame(into: Map<string, Command>, command: Command, service: string): void {
  const known = into.get(command.type)
  if (known !== undefined && known !== command) {
    throw new MakegoodError(
      'HOSTS_INVALID',
      `${service} knows two declarations of the command ${command.type}: use one for all sagas.`,
    )
  }
  into.set(command.type, command)
}

function commandsOf(saga: Saga): readonly Command[] {
  return saga.stages
    .flat()
    .flatMap(({ command, compensation }) =>
      typeof compensation === 'object' ? [command, compensation.command] : [command],
    )
}

function startsOf(sagas: ReadonlyMap<string, Saga>): ReadonlyMap<string, readonly Saga[]> {
  const newest = new Map<string, Saga>()
  for (const saga of sagas.values()) {
    if (saga.version > (newest.get(saga.name)?.version ?? 0)) newest.set(saga.name, saga)
  }
  const starts = new Map<string, Saga[]>()
  for (const saga of newest.values()) {
    const type = saga.startsOn?.event.type
    if (type !== undefined) starts.set(type, [...(starts.get(type) ?? []), saga])
  }
  return starts
}

/** Of several declarations of one event that of a reaction, then that of a saga's start. */
function eventsRead(hosts: readonly Hosted<never>[]): ReadonlyMap<string, Event> {
  const told = hosts.flatMap(hosted => (hosted.kind === 'tracker' ? eventsOf(hosted.choreography) : []))
  const starting = hosts.flatMap(hosted => (hosted.kind === 'saga' && hosted.startsOn ? [hosted.startsOn.event] : []))
  const reacted = hosts.flatMap(hosted => (hosted.kind === 'reaction' ? [hosted.event] : []))
  return new Map([...told, ...starting, ...reacted].map(event => [event.type, event]))
}

function trackedOn(tracked: readonly Choreography[]): ReadonlyMap<string, readonly Choreography[]> {
  const types = new Set(tracked.flatMap(choreography => eventsOf(choreography).map(({ type }) => type)))
  const on = (type: string) => tracked.filter(each => eventsOf(each).some(event => event.type === type))
  return new Map([...types].map(type => [type, on(type)]))
}
