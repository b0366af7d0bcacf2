import type { Choreography } from '../definition/choreography.ts'
import type { Handler, Reaction, ReceivedMessage } from '../definition/participant.ts'
import type { Saga } from '../definition/saga.ts'
import type { Tracker } from '../definition/tracker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Transport } from '../ports/transport.ts'
import type { Wire } from '../ports/wire.ts'

export interface ServiceOptions<Db> {
  readonly store: Store<Db>
  readonly transport: Transport
  readonly hosts: readonly Hosted<NoInfer<Db>>[]
  /** The names of messages on the broker. @defaultValue CloudEvents, with queues for what this service hosts */
  readonly wire?: Wire
  /** Whether `start` brings the database to the version of this code. @defaultValue true */
  readonly migrate?: boolean
  readonly limits?: LimitOptions
  readonly log?: Log
  readonly telemetry?: Telemetry
  /** Wraps the handling of every message: tenant, user, whatever is to be known in it. */
  readonly around?: (message: ReceivedMessage, next: () => Promise<void>) => Promise<void>
  readonly clock?: Clock
}

/** What a service can host: sagas of every version in flight, handlers, reactions, choreographies and their trackers. */
export type Hosted<Db> = Saga<string, any> | Handler<Db> | Reaction<Db> | Choreography | Tracker

/** Every wait, queue, batch and payload has a limit. */
export interface LimitOptions {
  /** How many messages one transaction handles, from 1 to 60. @defaultValue 50 */
  readonly batchSize?: number
  /** How many messages this process may hold that are not acknowledged, from 1 to 2 000. @defaultValue 200 */
  readonly prefetch?: number
  /** How large a message may be, in bytes, up to 16 MiB. @defaultValue 262 144 */
  readonly payloadBytesMax?: number
  /** How many messages may wait for the broker's confirm; further ones stay in the outbox meanwhile. @defaultValue 1 000 */
  readonly unconfirmedMax?: number
  /** How long a message stays in the inbox after it was handled, in milliseconds. @defaultValue 30 days */
  readonly inboxMs?: number
  /** How long an ended saga is kept, in milliseconds. @defaultValue 90 days */
  readonly sagasMs?: number
  /** How long the relay leaves to whoever published from memory, in milliseconds. @defaultValue 5 000 */
  readonly outboxLeaseMs?: number
  /** How long a pass that found nothing rests at the most, in milliseconds. @defaultValue 1 000 */
  readonly idleMs?: number
  /** How long `stop` waits for what is under way, in milliseconds. @defaultValue 8 000 */
  readonly drainMs?: number
}
