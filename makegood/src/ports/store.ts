import type { OpenTransaction } from '../definition/transaction.ts'
import type { SagaState, SagaStatus } from '../model/saga-state.ts'
import type { Envelope } from './wire.ts'

/**
 * A service's own database: inbox, outbox, sagas and journal beside the service's own tables.
 * `Db` is what a handler gets as `tx.db`.
 */
export interface Store<Db> {
  readonly name: string
  readonly traits: StoreTraits
  /** The part of the database that belongs to one service: every key begins with its name (protocol, rule 6). */
  open(service: string): ServiceStore<Db>
}

export interface StoreTraits {
  /** Transactions run beside each other. PGlite has one session: its transactions queue. */
  readonly concurrent: boolean
}

export interface ServiceStore<Db> {
  /**
   * Brings the tables to the version of this code; safe from many processes at once.
   * @throws MakegoodError `SCHEMA_NEWER` if the database is ahead of the code, `STORE_UNAVAILABLE`, `STORE_REFUSED`.
   */
  migrate(): Promise<void>

  /**
   * Runs `work` in one transaction and commits. What `work` throws rolls back and is thrown on. Resolves only if the
   * server said that it committed (protocol, rule 16). Statements that `work` did not await are part of it: the first
   * one that failed is thrown.
   */
  transaction<Result>(work: (tx: StoreTransaction<Db>) => Promise<Result>): Promise<Result>
  /** Takes part in a transaction that the user opened. It has no savepoints and no commit of ours. */
  join<Open extends OpenTransaction>(open: Open): StoreTransaction<Open>

  /** What an error of this database means for whoever met it. */
  classify(error: unknown): 'unavailable' | 'conflict' | 'other'

  /**
   * Claims rows whose lease is over, oldest first, and holds them for `leaseMs`. Skips what others are claiming. Of
   * those with a key, none is claimed while one that was committed before it is held (protocol, rule 23).
   */
  claimOutbox(limit: number, leaseMs: number): Promise<readonly OutboxRow[]>
  /** Removes rows whose own publish was confirmed. */
  forget(ids: readonly string[]): Promise<void>
  /** Leaves rows that were not confirmed for later, each with its pause, and with why until it is claimed again. */
  postpone(rows: readonly PostponedRow[]): Promise<void>

  /**
   * Claims parked messages that are due and whose lease is over, oldest first: counts an attempt, raises the fence and
   * holds them for `leaseMs`, in a transaction of its own (protocol, rules 15 and 17). Leaves out those of the given
   * types, and those of a key of which an earlier one is parked.
   */
  claimParked(limit: number, leaseMs: number, exceptTypes: readonly string[]): Promise<readonly InboxRow[]>
  /** Milliseconds until the next parked message is due, undefined if none is parked. */
  nextParkedInMs(): Promise<number | undefined>
  /** Deletes what is finished and older than its window, at most `limit` rows of each kind. Resolves with how many. */
  prune(windows: PruneWindows, limit: number): Promise<number>

  readonly queries: StoreQueries
  /** Resolves if the database answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface PruneWindows {
  readonly inboxMs: number
  readonly sagasMs: number
}

/**
 * One transaction. Methods send their statement at once and in the order of the calls; whoever does not need the
 * answer need not await it before the next one.
 */
export interface StoreTransaction<Db> {
  readonly db: Db

  /** Waits until no other transaction holds one of the names; holds them to the end. Sorted, in one statement. */
  lock(names: readonly string[]): Promise<void>

  /** Inserts rows that are not there, in order of identity. Resolves with the identities that were new. */
  admit(rows: readonly NewInboxRow[]): Promise<ReadonlySet<string>>
  /** Those of the given keys of which a message is parked. */
  heldKeys(keys: readonly string[]): Promise<readonly string[]>
  /** Locks and reads rows, in order of identity. Those that are not there are left out. */
  lockInbox(identities: readonly string[]): Promise<readonly InboxRow[]>
  /** Writes the handling of rows that this transaction admitted or locked. */
  settle(rows: readonly SettledRow[]): Promise<void>
  /** Sets dead letters back to parked, their attempts counted anew. Resolves with those that were dead letters. */
  redrive(letters: readonly RedrivenLetter[]): Promise<readonly string[]>
  /**
   * Takes dead letters out of custody: their records stay, and are pruned like what is finished. Resolves with those
   * that were dead letters.
   */
  discard(identities: readonly string[]): Promise<readonly string[]>

  /** Inserts sagas. Resolves with the id that each definition and key now has: its own, or that of the first. */
  insertSagas(sagas: readonly NewSaga[]): Promise<readonly { readonly sagaId: string; readonly isNew: boolean }[]>
  /** Locks and reads sagas in order of id. */
  lockSagas(ids: readonly string[]): Promise<readonly SagaRow[]>
  /**
   * Locks and reads sagas whose `wakeAt` has passed, earliest first, leaving out what others hold, and those that a
   * parked reply is for: it has arrived, and nobody has been silent (protocol, rule 12).
   */
  lockDueSagas(limit: number): Promise<readonly SagaRow[]>
  saveSagas(sagas: readonly SavedSaga[]): Promise<void>
  addToJournal(entries: readonly JournalEntry[]): Promise<void>

  /**
   * Held from the relay for `leaseMs`, which counts as their first claim: 0 leaves them to it. What is in order waits
   * for other transactions with its key, and is left to the relay if something earlier with that key is still there.
   * Resolves with the ids that were left to it.
   */
  addToOutbox(envelopes: readonly Envelope[], leaseMs: number): Promise<readonly string[]>

  /** Removes rows whose own publish was confirmed. */
  forget(ids: readonly string[]): Promise<void>

  /** Writes down what people have done. Nothing prunes it. */
  addToAudit(entries: readonly AuditEntry[]): Promise<void>

  /** The database's clock at the beginning of the transaction. */
  now(): Promise<number>

  /** Begins what can be taken back alone. Costs no round trip. */
  savepoint(): Savepoint<Db>
}

export interface Savepoint<Db> {
  /** For what belongs to it alone: refuses every statement once it was released or rolled back. */
  readonly db: Db
  /** The first failure of a statement since; where that fails all that follow, until it is rolled back. */
  readonly failed: { readonly error: unknown } | undefined
  /** Keeps what was written since. */
  release(): void
  /** Takes back what was written since, and makes the transaction usable again after an error. */
  rollback(): Promise<void>
}

export interface PostponedRow {
  readonly id: string
  readonly inMs: number
  /** For people to read. */
  readonly error?: string
}

export interface OutboxRow {
  readonly envelope: Envelope
  /** How many times it was claimed, this one included. */
  readonly claims: number
}

/**
 * `handled`: an event or a reply that is done with, or a command that needed none. `ignored`: nothing here reads it.
 * The others are a command's record (protocol, rule 1); events and replies may be parked and dead too.
 */
export type InboxState = 'handled' | 'ignored' | 'parked' | 'succeeded' | 'failed' | 'dead' | 'closed' | 'in doubt'

/** What an inbox row says about the message that made it. */
export interface NewInboxRow {
  readonly identity: string
  readonly messageId: string
  readonly kind: 'command' | 'reply' | 'event' | 'unknown'
  readonly type: string
  readonly sagaId: string | undefined
  readonly correlationId: string
  readonly causationId: string | undefined
  /** Of the payload: the same identity with another one is `IDENTITY_REUSED` (protocol, rule 4). */
  readonly digest: string
  /** Of a message that is handled in order: no other of its key before it is done with. */
  readonly key?: string | undefined
  readonly handling: Handling
}

export interface SettledRow {
  readonly identity: string
  readonly handling: Handling
}

export interface RedrivenLetter {
  readonly identity: string
  readonly dueInMs: number
  /** What is handled instead of what came. The row's digest stays that of what came: asked again, it is the same. */
  readonly envelope?: Envelope
}

/** What became of a message so far. */
export interface Handling {
  readonly state: InboxState
  /** The attempt that the command was last sent with (protocol, rule 2). */
  readonly attempt: number
  /** How many times it was refused with a failure: part of the key for a provider (protocol, rule 15). */
  readonly refusals: number
  /** An outside call has begun and its outcome is not recorded. */
  readonly callBegun: boolean
  readonly answer: Answer | undefined
  /** Kept as long as the message may be handled again. */
  readonly custody: Custody | undefined
  /** Why it is parked or dead. */
  readonly error: string | undefined
}

export interface Answer {
  readonly failure: string | undefined
  readonly payload: unknown
}

export interface Custody {
  readonly envelope: Envelope
  /** How many times handling it was tried. */
  readonly attempts: number
  /** When handling it was first tried, by the database's clock; 0 if never. */
  readonly firstAttemptAt: number
  /** From now, in milliseconds; Infinity for a dead letter. Meaningless when read. */
  readonly dueInMs: number
  /** Held for this process from now, in milliseconds; 0 for not held. When read: what is left of it. */
  readonly leaseMs: number
  /** Raised by every claim: a handling is settled only by the claim that has the highest (protocol, rule 15). */
  readonly fence: number
}

export interface InboxRow extends NewInboxRow {
  readonly receivedAt: number
}

export interface NewSaga {
  readonly id: string
  readonly definition: string
  readonly version: number
  readonly key: string
  readonly data: unknown
  readonly headers: { readonly [name: string]: string }
  readonly state: SagaState
  readonly wakeAt: number | undefined
}

export interface SagaRow extends NewSaga {
  readonly startedAt: number
  readonly changedAt: number
  readonly endedAt: number | undefined
}

export interface SavedSaga {
  readonly id: string
  readonly state: SagaState
  readonly wakeAt: number | undefined
}

export interface JournalEntry {
  readonly sagaId: string
  /** What happened, in the words of `engine/decide.ts`: `step succeeded`, `compensation sent`, `stuck` … */
  readonly kind: string
  readonly step: string | undefined
  readonly detail: unknown
}

export interface AuditEntry {
  /** Who did it. */
  readonly by: string
  readonly action: string
  /** A saga, or the identity of a message; undefined for what has no single target. */
  readonly target: string | undefined
  /** Why. */
  readonly reason: string
  readonly detail: unknown
}

/**
 * What operations may ask. Nothing here locks or changes anything, and nothing takes the longer the more has ended:
 * what has no index of its own is looked for in windows of 10 000 rows, and what is counted is counted up to that.
 */
export interface StoreQueries {
  saga(id: string): Promise<SagaRow | undefined>
  /** Those that there are, in any order. */
  sagasById(ids: readonly string[]): Promise<readonly SagaRow[]>
  /** Those of them that are not under way: ended, or stuck. */
  sagasAtRest(ids: readonly string[]): Promise<readonly SagaRow[]>
  sagaByKey(definition: string, key: string): Promise<SagaRow | undefined>
  /** @throws MakegoodError `OPTION_INVALID` if `after` is not where a page has ended. */
  sagas(search: SagaSearch): Promise<SagaPage>
  /** Of those that have not ended, and of the newest of those that have. */
  sagaCounts(): Promise<readonly SagaCount[]>
  /** The steps that are open, of the newest sagas that have not ended. */
  standing(): Promise<readonly Standing[]>
  /** Of those that have ended since, the newest 20 000. */
  pace(since: number): Promise<Pace>
  journal(sagaId: string): Promise<readonly (JournalEntry & { readonly at: number })[]>
  /** The messages of a saga or of a chain of events that this service received, oldest first. */
  messages(correlationId: string): Promise<readonly InboxEntry[]>
  /**
   * The sagas of whose steps this service was asked for one, in the order of asking; a page may name one more than once.
   * @throws MakegoodError `OPTION_INVALID` if `after` is not where a page has ended.
   */
  participations(search: ParticipationSearch): Promise<Page<string>>
  /**
   * Dead letters or parked messages, oldest first; of parked messages those that are due first.
   * @throws MakegoodError `OPTION_INVALID` if `after` is not where a page has ended.
   */
  inbox(search: InboxSearch): Promise<Page<InboxEntry>>
  inboxRow(identity: string): Promise<InboxEntry | undefined>
  /** Those that there are, in any order. */
  inboxRows(identities: readonly string[]): Promise<readonly InboxEntry[]>
  /** Largest first, 200 at the most: of the oldest stuck sagas, dead letters, and messages parked for an error. */
  failures(): Promise<readonly FailureGroup[]>
  /** Definitions and versions that have sagas which have not ended. */
  versionsInFlight(): Promise<readonly VersionInFlight[]>
  /** Newest first. */
  audit(search: AuditSearch): Promise<Page<AuditRow>>
  /** For metrics and health: cheap enough to be asked every few seconds. */
  figures(): Promise<Figures>
  /** What a person wants to know of it beside the figures. */
  condition(): Promise<StoreCondition>
}

/** `next` is what `after` is for the next page; undefined on the last one. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: string | undefined
}

/** All of it holds; each may be left out. */
export interface SagaSearch {
  readonly status?: SagaStatus
  readonly definition?: string
  readonly version?: number
  /** A step that is open. */
  readonly step?: string
  /** The code of a stuck saga's trouble, or of the cause for which one was compensated or is being. */
  readonly failure?: string
  /** The key as a whole, or its beginning with `*` at the end. */
  readonly key?: string
  /** Somewhere in the saga's data as JSON; letters in any case. */
  readonly text?: string
  /** What no database is asked: of those that it finds, the ones for which this holds. */
  readonly only?: (saga: SagaRow) => boolean
  /** From then on. */
  readonly startedAfter?: number
  /** Before then. */
  readonly startedBefore?: number
  /** @defaultValue 'newest' */
  readonly order?: 'newest' | 'oldest'
  readonly limit: number
  /** What the page before named as its `next`. */
  readonly after?: string
  /** After so long nothing further is asked, and it is said how far that came. @defaultValue 100 */
  readonly withinMs?: number
}

export interface SagaPage extends Page<SagaRow> {
  /** The time was over: it has come to the sagas of this time, and `next` goes on. Undefined if nothing was left out. */
  readonly searchedTo: number | undefined
}

/** Counting stops at 10 000: with `more` there may be more than `count`. */
export interface BoundedCount {
  readonly count: number
  readonly more: boolean
}

export interface SagaCount extends BoundedCount {
  readonly definition: string
  readonly status: SagaStatus
}

export interface VersionInFlight {
  readonly definition: string
  readonly version: number
  readonly sagas: number
}

export interface Standing extends VersionInFlight {
  readonly step: string
  readonly status: SagaStatus
}

export interface Pace {
  /** How many ended in the minute that begins at `at`. */
  readonly minutes: readonly {
    readonly at: number
    readonly definition: string
    readonly status: SagaStatus
    readonly sagas: number
  }[]
  /** How long they took; the quantiles are right within 5 %. */
  readonly durations: readonly {
    readonly definition: string
    readonly status: SagaStatus
    readonly sagas: number
    readonly p50Ms: number
    readonly p95Ms: number
  }[]
}

export interface ParticipationSearch {
  /** From then on. */
  readonly since: number
  readonly limit: number
  /** What the page before named as its `next`. */
  readonly after?: string
}

export interface InboxSearch {
  readonly state: 'parked' | 'dead'
  readonly type?: string
  /** Of the failure group that it is in. */
  readonly fingerprint?: string
  readonly limit: number
  /** What the page before named as its `next`. */
  readonly after?: string
}

/** A message as operations see it. */
export interface InboxEntry extends InboxRow {
  /** When it is tried again; undefined if it is not parked. */
  readonly dueAt: number | undefined
  /** Of the failure group that it is in; undefined if it is neither dead nor parked for an error. */
  readonly fingerprint: string | undefined
}

/** What says the same but for numbers, ids and what stands in quotes. */
export interface FailureGroup extends BoundedCount {
  readonly fingerprint: string
  readonly kind: 'stuck saga' | 'dead letter' | 'parked message'
  /** The definition, or the type of the messages. */
  readonly what: string
  /** Of a stuck saga's trouble. */
  readonly code: string | undefined
  readonly step: string | undefined
  /** What the oldest of them says. */
  readonly says: string
  readonly oldestAt: number
  readonly newestAt: number
  /** The oldest three: ids of sagas, identities of messages. */
  readonly examples: readonly string[]
}

export interface AuditSearch {
  readonly by?: string
  readonly action?: string
  readonly target?: string
  readonly limit: number
  /** What the page before named as its `next`. */
  readonly after?: string
}

export interface AuditRow extends AuditEntry {
  /** Later ones have higher ones. */
  readonly number: string
  readonly at: number
}

export interface StoreCondition {
  /** By the database's clock. */
  readonly now: number
  /** The number of the last migration: applied, and shipped with this code. */
  readonly schema: { readonly applied: number; readonly known: number }
  readonly inbox: BoundedCount
  /** Why the last message that could not be published was not; undefined if none waits for that. */
  readonly outboxError: string | undefined
}

export interface Figures {
  /** Those that have not ended. */
  readonly sagas: { readonly [Status in SagaStatus]?: number }
  /** For how long the one that has not changed for longest has not, in milliseconds. */
  readonly unchangedMs: { readonly [Status in SagaStatus]?: number }
  /** How long ago the earliest of them was to be looked at and was not, in milliseconds; 0 if none is overdue. */
  readonly overdueMs: number
  readonly parked: number
  /** Age of the oldest parked message, in milliseconds; 0 if none is parked. */
  readonly parkedAgeMs: number
  readonly dead: number
  readonly outbox: number
  /** Age of the oldest row of the outbox, in milliseconds; 0 if it is empty. */
  readonly outboxAgeMs: number
}
