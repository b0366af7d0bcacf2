import type { Choreography } from './choreography.ts'
import { invalid } from './naming.ts'

/** Follows the instances of a choreography. */
export interface Tracker {
  readonly kind: 'tracker'
  readonly choreography: Choreography
}

/**
 * Follows a choreography from its events alone: nobody leads it, but whoever looks after it sees each instance beside
 * the sagas, with its journal, and the one that has stopped on its way is `stuck`, with the event that it waits for.
 *
 * Host it in a service of its own, with a database and a queue of its own to which every event of the choreography
 * comes. Messages belong to one instance if they have one correlation id: the wire reads it from the message. Events may
 * arrive in any order.
 *
 * @throws MakegoodError `DEFINITION_INVALID` if it is given something else.
 */
export function track(choreography: Choreography): Tracker {
  if (choreography?.kind !== 'choreography')
    throw invalid('Tracker', 'what is followed is a choreography, made by choreography(…)')
  return Object.freeze({ kind: 'tracker', choreography })
}
