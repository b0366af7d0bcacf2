export { type Choreography, choreography } from './definition/choreography.ts'
export { drawing } from './definition/drawing.ts'
export type { JsonSchema } from './definition/json-schema.ts'
export { type Command, command, type Event, event, type MessageType, serviceOf } from './definition/message.ts'
export { type Older, older, readingOlder } from './definition/older.ts'
export { type Handler, handlersFor, type Reaction, type ReceivedMessage } from './definition/participant.ts'
export type { RetryOptions, Saga, SagaStep } from './definition/saga.ts'
export { saga } from './definition/saga-chain.ts'
export { nothing, type Schema } from './definition/schema.ts'
export { type Tracker, track } from './definition/tracker.ts'
export type {
  DrizzleTransaction,
  KyselyTransaction,
  MysqlClient,
  OpenTransaction,
  PgClient,
  Tx,
} from './definition/transaction.ts'
export { cloudEventsWire } from './engine/cloud-events-wire.ts'
export type { Effect } from './engine/effect.ts'
export type { Health } from './engine/health.ts'
export type { DecidedOn, Deed, RedriveOptions } from './engine/interventions.ts'
export type { Hosted, LimitOptions, ServiceOptions } from './engine/options.ts'
export { revisionOf } from './engine/revision.ts'
export type { SagaReport } from './engine/saga-report.ts'
export { type Service, service } from './engine/service.ts'
export { type ErrorCode, errors, MakegoodError, textOf } from './model/errors.ts'
export { type Cause, type EngineFailure, isEngineFailure } from './model/failure.ts'
export type {
  CommandMessage,
  Direction,
  EventMessage,
  Headers,
  Message,
  ReplyMessage,
  RetryPolicy,
  StepAddress,
} from './model/message.ts'
export { progressOf, type Request, type SagaState, type SagaStatus, type StepState } from './model/saga-state.ts'
export type { Clock } from './ports/clock.ts'
export type { Log } from './ports/log.ts'
export type { InboxRow, JournalEntry, SagaRow, Store, StoreQueries } from './ports/store.ts'
export type { Telemetry } from './ports/telemetry.ts'
export type { LinkState, Transport } from './ports/transport.ts'
export type { Envelope, MessageShape, Queue, Shown, Topology, Wire } from './ports/wire.ts'
