import type { Choreography } from '../definition/choreography.ts'
import type { EventMessage } from '../model/message.ts'
import type { NewSaga } from '../ports/store.ts'
import { notFollowed, type Told, trackedVersion } from './follow.ts'
import type { Work } from './work.ts'

/** Events are told of one instance of a choreography if they have one correlation id. */
export function instanceId({ name }: Choreography, { correlationId }: EventMessage): string {
  return `${name}/${correlationId}`
}

export function toldBy({ type, id }: EventMessage): Told {
  return { kind: 'told', type, messageId: id }
}

/** The instances that the messages belong to, each once and sorted: who inserts them too meets us in one order. */
export function instancesIn(work: readonly Work[]): readonly NewSaga[] {
  const instances = work.flatMap(({ reading }) =>
    reading.kind === 'event' ? reading.tracked.map(choreography => instanceOf(choreography, reading.message)) : [],
  )
  const each = [...new Map(instances.map(instance => [instance.id, instance])).values()]
  return each.sort((one, other) => (one.id < other.id ? -1 : 1))
}

function instanceOf(choreography: Choreography, message: EventMessage): NewSaga {
  return {
    id: instanceId(choreography, message),
    definition: choreography.name,
    version: trackedVersion,
    key: message.correlationId,
    data: null,
    headers: {},
    state: notFollowed,
    wakeAt: undefined,
  }
}
