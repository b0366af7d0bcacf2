import type { ReceivedMessage } from '../definition/participant.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { ServiceStore } from '../ports/store.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Queue, Wire } from '../ports/wire.ts'
import type { HostedIndex } from './hosted.ts'
import type { Limits } from './limits.ts'
import type { Masking } from './masking.ts'

/** What all parts of one running service share. */
export interface Engine {
  readonly service: string
  readonly hosted: HostedIndex
  readonly store: ServiceStore<unknown>
  readonly wire: Wire
  readonly queue: Queue | undefined
  readonly clock: Clock
  readonly log: Log
  /** What no line of the log may say. */
  readonly masking: Masking
  readonly telemetry: Telemetry
  readonly limits: Limits
  readonly around: (message: ReceivedMessage, next: () => Promise<void>) => Promise<void>
}
