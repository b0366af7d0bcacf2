import { eventsOf } from '../definition/choreography.ts'
import type { Command, Event } from '../definition/message.ts'
import { commandsOf } from '../definition/saga.ts'
import type { Hosted } from './options.ts'

/** The messages that whoever hosts this sends or receives, replies apart. */
export function messagesOf(hosted: Hosted<never>): readonly (Command | Event)[] {
  return [
    ...commandsHandled(hosted),
    ...commandsSent(hosted),
    ...eventsSent(hosted),
    ...(hosted.kind === 'choreography' ? eventsOf(hosted) : eventsReceived(hosted)),
  ]
}

export function commandsHandled(hosted: Hosted<never>): readonly Command[] {
  return hosted.kind === 'handler' ? [hosted.command] : []
}

export function commandsSent(hosted: Hosted<never>): readonly Command[] {
  return hosted.kind === 'saga' ? commandsOf(hosted) : []
}

export function eventsSent(hosted: Hosted<never>): readonly Event[] {
  if (hosted.kind !== 'saga') return []
  return [hosted.ends.completed, hosted.ends.compensated].flatMap(end => (end === undefined ? [] : [end.event]))
}

export function eventsReceived(hosted: Hosted<never>): readonly Event[] {
  switch (hosted.kind) {
    case 'reaction':
      return [hosted.event]
    case 'saga':
      return hosted.startsOn === undefined ? [] : [hosted.startsOn.event]
    case 'tracker':
      return eventsOf(hosted.choreography)
    case 'handler':
    case 'choreography':
      return []
  }
}
