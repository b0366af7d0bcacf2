/**
 * What operations say over HTTP, under `/operations` of every service: routes, roles and bodies. The console and the
 * command line know nothing else of a service.
 *
 * Times are ISO 8601 in UTC. Lists are grouped by service; a page that names a `next` goes on with it as `after`.
 */
import type { RequestedAction, SagaStatus } from '../model/saga-state.ts'

export type { RequestedAction, SagaStatus }

// ── Who may do what ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Each may do what those before it may. */
export const roles = ['reader', 'operator', 'admin'] as const

export type Role = (typeof roles)[number]

/** Who asks; `name` is what the audit calls them. */
export interface Caller {
  readonly name: string
  readonly role: Role
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** Below `/operations`. */
  readonly path: string
  /** The least that may ask; items of a bulk action are looked at one by one beside that. */
  readonly role: Role
  readonly summary: string
}

/** Every route there is. */
export const routes: { readonly [Name in RouteName]: Route } = {
  me: route('GET', '/me', 'reader', 'Who asks, and what they may do'),
  services: route('GET', '/services', 'reader', 'The services of this process: health, queues, lag'),
  sagas: route('GET', '/sagas', 'reader', 'Sagas, newest first'),
  sagaCounts: route('GET', '/saga-counts', 'reader', 'How many sagas there are of each definition and status'),
  saga: route('GET', '/sagas/:id', 'reader', 'One saga: state, data, journal, and the messages received of it here'),
  messages: route('GET', '/messages', 'reader', 'Messages that services here received of one saga, oldest first'),
  participations: route('GET', '/participations', 'reader', 'Sagas of whose steps services here were asked for one'),
  definitions: route('GET', '/definitions', 'reader', 'What is hosted, and how many sagas stand at which step'),
  failures: route('GET', '/failures', 'reader', 'What fails, grouped by fingerprint'),
  deadLetters: route('GET', '/dead-letters', 'reader', 'Dead letters, oldest first'),
  parked: route('GET', '/parked', 'reader', 'Parked messages, oldest first'),
  pace: route('GET', '/pace', 'reader', 'How many sagas end a minute, and how long they took'),
  changes: route('GET', '/changes', 'reader', 'What changes, as server-sent events'),
  audit: route('GET', '/audit', 'operator', 'Who did what, when and why, newest first'),
  actOnSagas: route('POST', '/sagas/actions', 'operator', 'Retry, compensate, skip, resolve or abandon sagas'),
  actOnDeadLetters: route('POST', '/dead-letters/actions', 'operator', 'Redrive or discard dead letters'),
  prune: route('POST', '/prune', 'admin', 'Delete now what is finished and older than its window'),
}

export type RouteName =
  | 'me'
  | 'services'
  | 'sagas'
  | 'sagaCounts'
  | 'saga'
  | 'messages'
  | 'participations'
  | 'definitions'
  | 'failures'
  | 'deadLetters'
  | 'parked'
  | 'pace'
  | 'changes'
  | 'audit'
  | 'actOnSagas'
  | 'actOnDeadLetters'
  | 'prune'

/** The least that may do it. What cannot be taken back is not an operator's. */
export const rolesOfActions: { readonly [Kind in ActionKind]: Role } = {
  retry: 'operator',
  compensate: 'operator',
  skip: 'operator',
  resolve: 'operator',
  redrive: 'operator',
  edit: 'admin',
  abandon: 'admin',
  discard: 'admin',
}

/** `edit` is to redrive with another payload. */
export type ActionKind = RequestedAction['kind'] | 'redrive' | 'edit' | 'discard'

export function mayAct(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed)
}

export { masked } from '../model/masked.ts'

/** How many items a request may act on, and how many rows a page may have. */
export const itemsMax = 200

// ── Grouped by service ──────────────────────────────────────────────────────────────────────────────────────────────

export interface ByService<Group> {
  readonly services: readonly (Group & { readonly service: string })[]
}

/** `next` is null on the last page. */
export interface Paged {
  readonly next: string | null
}

/** Counting stops at a limit: with `more` there are more than `count`. */
export interface BoundedCount {
  readonly count: number
  readonly more: boolean
}

// ── Services ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ServiceView {
  readonly ready: boolean
  /** Why it is not ready. */
  readonly reasons: readonly string[]
  readonly database: 'up' | 'down'
  readonly broker: {
    readonly state: 'connected' | 'connecting' | 'blocked' | 'closed'
    readonly because: string | null
  }
  /** Of makegood, in this process. */
  readonly version: string
  readonly startedAt: string | null
  /** The number of the last migration: applied, and known to this code. Null while the database is away. */
  readonly schema: { readonly applied: number; readonly known: number } | null
  /** This process's clock less its database's. Null while the database is away. */
  readonly clockSkewMs: number | null
  readonly figures: FiguresView | null
  /** Versions of definitions that have sagas in flight and that this process does not host. */
  readonly stranded: readonly { readonly definition: string; readonly version: number; readonly sagas: number }[]
}

export interface FiguresView {
  /** Those that have not ended. */
  readonly sagas: { readonly running: number; readonly compensating: number; readonly stuck: number }
  readonly parked: number
  readonly deadLetters: number
  readonly outbox: { readonly messages: number; readonly oldestMs: number; readonly error: string | null }
  /** Messages in its queue that no process has taken; null where the transport cannot tell. */
  readonly waiting: number | null
  readonly inbox: BoundedCount
}

// ── Sagas ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** All of these hold; each may be left out. */
export interface SagaQuery {
  readonly service?: string
  readonly status?: SagaStatus
  readonly definition?: string
  readonly version?: number
  /** A step that is open. */
  readonly step?: string
  /** Of the trouble of a stuck saga, or of the cause for which one was compensated. */
  readonly failure?: string
  /** The business key as a whole, or its beginning with `*` at the end. */
  readonly key?: string
  /** Anywhere in the saga's data, in any case of letters. */
  readonly text?: string
  readonly startedAfter?: string
  readonly startedBefore?: string
  /** @defaultValue 'newest' */
  readonly order?: 'newest' | 'oldest'
  /** @defaultValue 50 */
  readonly limit?: number
  readonly after?: string
}

export interface SagaList extends Paged {
  readonly sagas: readonly SagaView[]
  /**
   * A search looks at so many sagas at a time: it has come to those of this time, and goes on with `next`. Null if
   * nothing was left out.
   */
  readonly searchedTo: string | null
}

/** A saga as a line in a list. */
export interface SagaView {
  readonly id: string
  readonly definition: string
  readonly version: number
  readonly key: string
  readonly status: SagaStatus
  /** Of the state: an action that was decided on another one is not done. */
  readonly revision: string
  readonly startedAt: string
  readonly changedAt: string
  readonly endedAt: string | null
  /** When something happens with it even if nothing arrives. */
  readonly wakeAt: string | null
  /** The steps that are open. */
  readonly steps: readonly string[]
  /** What a person on call needs to know first, if it is stuck. */
  readonly trouble: TroubleView | null
  /** Why it was compensated, or is being. */
  readonly cause: CauseView | null
}

export interface TroubleView {
  readonly code: string
  readonly step: string | null
  readonly says: string
  /** A page under `docs/runbooks`. */
  readonly runbook: string
}

export interface CauseView {
  readonly step: string
  readonly code: string
  readonly details: unknown
}

export interface SagaInFull extends SagaView {
  /** The one that orchestrates or follows it. */
  readonly service: string
  /** What its messages have in common: services in other processes are asked by it for theirs (`GET /messages`). */
  readonly correlationId: string
  readonly state: unknown
  readonly data: unknown
  readonly headers: { readonly [name: string]: string }
  readonly journal: readonly JournalView[]
  /** What the services of this process received of it, oldest first. */
  readonly messages: readonly (InboxView & { readonly service: string })[]
  /** Whether values were masked that an admin may see. */
  readonly masked: boolean
}

/** All messages that a service received of one saga, or of one chain of events: not paged. */
export interface CorrelationQuery extends Reveal {
  readonly service?: string
  readonly correlationId: string
}

/** Beside the query of a saga or of one message: an admin sees what is masked, and the audit says that they did. */
export interface Reveal {
  readonly reveal?: boolean
  /** Needed with `reveal`. */
  readonly reason?: string
}

export interface JournalView {
  readonly at: string
  readonly kind: string
  readonly step: string | null
  readonly detail: unknown
}

/** A message that a service received, and what became of it. */
export interface InboxView {
  readonly identity: string
  readonly messageId: string
  readonly kind: 'command' | 'reply' | 'event' | 'unknown'
  readonly type: string
  readonly sagaId: string | null
  readonly correlationId: string
  readonly causationId: string | null
  readonly receivedAt: string
  readonly state: 'handled' | 'ignored' | 'parked' | 'succeeded' | 'failed' | 'dead' | 'closed' | 'in doubt'
  readonly attempt: number
  readonly answer: { readonly failure: string | null; readonly payload: unknown } | null
  /** Why it is parked or dead. */
  readonly error: string | null
  /** How it came, as long as it may be handled again. */
  readonly envelope: {
    readonly address: string
    readonly headers: { readonly [name: string]: string }
    readonly body: string
  } | null
  /** How many times handling it was tried; null where that is over. */
  readonly tries: number | null
  /** When it is tried again; null if it is not parked. */
  readonly dueAt: string | null
  /** Whether its payload may be changed when it is redriven; null where that cannot be known. */
  readonly editable: boolean | null
  /** What it carries, as its wire reads it, to be changed; null where it may not be. */
  readonly payload: unknown
  /** Of the failure group that it is in; null if it is neither parked nor dead. */
  readonly fingerprint: string | null
}

export interface ParticipationQuery {
  readonly service?: string
  /** From then on. */
  readonly since: string
  readonly limit?: number
  readonly after?: string
}

/** In the order in which they were asked; a page may be shorter than its limit and still have a `next`. */
export interface Participations extends Paged {
  readonly sagaIds: readonly string[]
}

export interface SagaCounts {
  readonly counts: readonly ({
    readonly definition: string
    readonly status: SagaStatus
  } & BoundedCount)[]
}

// ── Definitions and pace ────────────────────────────────────────────────────────────────────────────────────────────

export interface Definitions {
  readonly sagas: readonly SagaDefinitionView[]
  readonly choreographies: readonly ChoreographyView[]
  /** Those of them that are followed here. */
  readonly tracked: readonly (ChoreographyView & { readonly inFlight: number })[]
  /** Types of the commands that are handled here, and of the events that are reacted to. */
  readonly commands: readonly string[]
  readonly events: readonly string[]
  /** How many sagas stand at which step, of those that have not ended; counted among the newest ten thousand. */
  readonly standing: readonly {
    readonly definition: string
    readonly version: number
    readonly step: string
    readonly status: SagaStatus
    readonly sagas: number
  }[]
}

export interface SagaDefinitionView {
  readonly name: string
  readonly version: number
  readonly deadlineMs: number | null
  readonly startsOn: string | null
  /** Steps of one stage run beside each other. */
  readonly stages: readonly (readonly StepView[])[]
  readonly ends: { readonly completed: string | null; readonly compensated: string | null }
  readonly inFlight: number
}

export interface StepView {
  readonly name: string
  readonly kind: 'compensatable' | 'pivot' | 'retriable' | 'best-effort'
  readonly command: string
  readonly failures: readonly string[]
  readonly conditional: boolean
  readonly deadlineMs: number
  readonly compensation: 'not needed' | { readonly command: string; readonly deadlineMs: number } | null
}

export interface ChoreographyView {
  readonly name: string
  readonly deadlineMs: number | null
  readonly starts: string
  readonly leads: readonly {
    readonly from: string
    readonly in: string
    readonly to: readonly string[]
    readonly deadlineMs: number
  }[]
  readonly ends: { readonly completed: readonly string[]; readonly compensated: readonly string[] }
}

export interface Pace {
  /** What is counted: the sagas that ended since, the newest twenty thousand of them. */
  readonly since: string
  readonly minutes: readonly {
    readonly at: string
    readonly definition: string
    readonly status: SagaStatus
    readonly sagas: number
  }[]
  readonly durations: readonly {
    readonly definition: string
    readonly status: SagaStatus
    readonly sagas: number
    readonly p50Ms: number
    readonly p95Ms: number
  }[]
}

// ── Failures, dead letters ──────────────────────────────────────────────────────────────────────────────────────────

export interface Failures {
  readonly groups: readonly FailureGroup[]
}

/** Stuck sagas, dead letters or parked messages that say the same but for numbers, ids and what is in quotes. */
export interface FailureGroup extends BoundedCount {
  readonly fingerprint: string
  readonly kind: 'stuck saga' | 'dead letter' | 'parked message'
  /** The definition, or the type of the messages. */
  readonly what: string
  /** Of a stuck saga. */
  readonly code: string | null
  readonly step: string | null
  /** What one of them says. */
  readonly says: string
  readonly oldestAt: string
  readonly newestAt: string
  /** Up to three: ids of sagas, identities of messages. */
  readonly examples: readonly string[]
  /** A page under `docs/runbooks`. */
  readonly runbook: string
}

/** What all of a failure group say: their first 500 characters without what is in quotes, ids and numbers. */
export function gistOf(says: string): string {
  return says.slice(0, 500).replace(/"[^"]*"|[0-9a-fA-F-]{8,}|[0-9]+/g, '…')
}

/** The question that finds all stuck sagas of a failure group, and maybe others that say something else. */
export function sagasLikeThoseOf({ what, code }: FailureGroup): SagaQuery {
  return { status: 'stuck', definition: what, ...(code === null ? {} : { failure: code }) }
}

export function isInGroup(
  group: FailureGroup,
  { definition, trouble }: Pick<SagaView, 'definition' | 'trouble'>,
): boolean {
  if (trouble === null || definition !== group.what) return false
  return trouble.code === group.code && trouble.step === group.step && gistOf(trouble.says) === gistOf(group.says)
}

export interface MessageQuery {
  readonly service?: string
  readonly type?: string
  readonly fingerprint?: string
  /** One message alone. */
  readonly identity?: string
  readonly limit?: number
  readonly after?: string
}

export interface MessageList extends Paged {
  readonly messages: readonly InboxView[]
}

// ── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One action on up to 200 sagas; each is authorised, checked and done by itself, in the order given. */
export interface ActOnSagas {
  readonly items: readonly SagaItem[]
  readonly action: RequestedAction
  /** Why, for whoever reads the audit. */
  readonly reason: string
  /** Says what would happen, and does nothing. @defaultValue false */
  readonly dryRun?: boolean
}

export interface SagaItem {
  readonly id: string
  /** What it was decided on: with another one the action is not done. Left out: whatever it is now. */
  readonly revision?: string
}

/**
 * `done`; `would be done` in a dry run; `refused` because of the state that it is in; `outdated` because it has changed
 * since; `forbidden` to the caller; `unknown` here; `failed` for a reason that is not the caller's.
 */
export type Outcome = 'done' | 'would be done' | 'refused' | 'outdated' | 'forbidden' | 'unknown' | 'failed'

export interface SagaActionResult {
  readonly id: string
  readonly service: string | null
  readonly outcome: Outcome
  /** For people: what was or would be done, or why it was not. */
  readonly says: string
  /** Null if nothing was, or would be, done. */
  readonly effect: Effect | null
  /** As it is now; null if it is not known here. */
  readonly saga: SagaView | null
}

/** What an action does at once; what follows from it depends on who answers what. */
export interface Effect {
  readonly from: SagaStatus
  readonly to: SagaStatus
  readonly sends: readonly {
    readonly command: string
    readonly step: string
    readonly direction: 'forward' | 'compensation' | 'close'
  }[]
  readonly publishes: readonly string[]
  /** Of one that is compensated: the steps that are to be undone, those of one stage beside each other, the first first. */
  readonly undoes: readonly (readonly string[])[]
  /** Of one that is given up: the steps of which something was asked and not answered, and those that stay done. */
  readonly leaves: { readonly open: readonly string[]; readonly done: readonly string[] }
  readonly journal: readonly { readonly kind: string; readonly step: string | null }[]
}

export interface SagaActionResults {
  readonly results: readonly SagaActionResult[]
}

/** Up to 200 letters of one service: those that are named, or the oldest of a failure group. */
export interface ActOnDeadLetters {
  readonly service: string
  readonly letters:
    | { readonly identities: readonly string[] }
    | { readonly fingerprint: string; readonly after?: string }
  readonly action: DeadLetterAction
  readonly reason: string
  readonly dryRun?: boolean
}

export type DeadLetterAction =
  /**
   * Sets them back to parked. `perSecond` spreads them over time; `payload` takes the place of the payload of one letter
   * whose message type allows it.
   */
  | { readonly kind: 'redrive'; readonly perSecond?: number; readonly payload?: unknown }
  /** Takes them out of the dead letters; their record stays. */
  | { readonly kind: 'discard' }

export interface DeadLetterActionResults extends Paged {
  readonly results: readonly {
    readonly identity: string
    readonly outcome: Outcome
    readonly says: string
  }[]
}

export interface PruneRequest {
  readonly reason: string
}

export interface Pruned {
  readonly rows: number
}

// ── Audit ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AuditQuery {
  readonly service?: string
  readonly by?: string
  readonly action?: string
  /** A saga, or a message. */
  readonly target?: string
  readonly limit?: number
  readonly after?: string
}

export interface AuditList extends Paged {
  readonly entries: readonly AuditView[]
}

export interface AuditView {
  readonly number: string
  readonly at: string
  readonly by: string
  /** An `ActionKind`, `reveal` or `prune`. */
  readonly action: string
  /** A saga's id, a message's identity; null for what has no single target. */
  readonly target: string | null
  readonly reason: string
  readonly detail: unknown
}

// ── Changes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `GET /changes` sends `figures` when one has changed; with `?saga=` also `saga` when that one has. */
export type Change =
  | { readonly event: 'figures'; readonly data: ByService<ServiceView> }
  | { readonly event: 'saga'; readonly data: Pick<SagaView, 'id' | 'status' | 'revision'> }

// ── Runbooks ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The page for a stuck saga with this code of trouble, by its name under `docs/runbooks`. */
export function runbookOfTrouble(code: string): string {
  return `stuck-${code.toLowerCase().replaceAll('_', '-')}`
}

export const runbookOfDeadLetters = 'dead-letters'
export const runbookOfParked = 'parked-messages'

/** Refusals: RFC 9457, with the fields in trouble if there are any. */
export interface ProblemView {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly requestId: string
  readonly code?: string
  readonly errors?: readonly { readonly field: string; readonly message: string }[]
}

function route(method: Route['method'], path: string, role: Role, summary: string): Route {
  return { method, path, role, summary }
}
