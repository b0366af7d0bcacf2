import type { Readable } from 'node:stream'
import type {
  ActOnDeadLetters,
  ActOnSagas,
  AuditList,
  AuditQuery,
  ByService,
  Caller,
  CorrelationQuery,
  DeadLetterActionResults,
  Definitions,
  Failures,
  MessageList,
  MessageQuery,
  Pace,
  ParticipationQuery,
  Participations,
  Pruned,
  PruneRequest,
  Reveal,
  SagaActionResults,
  SagaCounts,
  SagaInFull,
  SagaList,
  SagaQuery,
  ServiceView,
} from './contract.ts'

/** Of one service alone. */
export interface InService {
  readonly service?: string
}

/** What each route is asked: path and query together, or the body. */
export interface Questions {
  readonly me: object
  readonly services: object
  readonly sagas: SagaQuery
  readonly sagaCounts: InService
  readonly saga: Reveal & { readonly id: string }
  readonly messages: CorrelationQuery
  readonly participations: ParticipationQuery
  readonly definitions: InService
  readonly failures: InService
  readonly deadLetters: MessageQuery & Reveal
  readonly parked: MessageQuery & Reveal
  readonly pace: InService
  readonly changes: { readonly saga?: string }
  readonly audit: AuditQuery
  readonly actOnSagas: ActOnSagas
  readonly actOnDeadLetters: ActOnDeadLetters
  readonly prune: PruneRequest
}

/** What each route answers. */
export interface Answers {
  readonly me: Caller
  readonly services: ByService<ServiceView>
  readonly sagas: ByService<SagaList>
  readonly sagaCounts: ByService<SagaCounts>
  readonly saga: SagaInFull
  readonly messages: ByService<Pick<MessageList, 'messages'>>
  readonly participations: ByService<Participations>
  readonly definitions: ByService<Definitions>
  readonly failures: ByService<Failures>
  readonly deadLetters: ByService<MessageList>
  readonly parked: ByService<MessageList>
  readonly pace: ByService<Pace>
  /** Server-sent events, each of them a `Change`. */
  readonly changes: Readable
  readonly audit: ByService<AuditList>
  readonly actOnSagas: SagaActionResults
  readonly actOnDeadLetters: DeadLetterActionResults
  readonly prune: Pruned
}
