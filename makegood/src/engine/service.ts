import { uuidv7 } from 'uuidv7'
import type { Event, MessageType } from '../definition/message.ts'
import type { Saga } from '../definition/saga.ts'
import type { OpenTransaction, PublishOptions, StartOptions, Tx } from '../definition/transaction.ts'
import { MakegoodError, textOf } from '../model/errors.ts'
import { payloadsIn } from '../model/payloads.ts'
import type { Request } from '../model/saga-state.ts'
import { systemClock } from '../ports/clock.ts'
import { noLog } from '../ports/log.ts'
import type { AuditEntry, SagaRow, Store, StoreQueries, StoreTransaction } from '../ports/store.ts'
import { noTelemetry } from '../ports/telemetry.ts'
import type { LinkState } from '../ports/transport.ts'
import type { Wire } from '../ports/wire.ts'
import { Changes } from './change.ts'
import { cloudEventsWire } from './cloud-events-wire.ts'
import type { Effect } from './effect.ts'
import { Endings } from './endings.ts'
import type { Engine } from './engine.ts'
import { gathering } from './gathering.ts'
import { isHandling } from './handling.ts'
import { type Health, healthOf, notStarted } from './health.ts'
import { indexHosted } from './hosted.ts'
import { type DecidedOn, type Deed, Interventions, type RedriveOptions } from './interventions.ts'
import { resolveLimits } from './limits.ts'
import { drain, type Loops, startLoops } from './loops.ts'
import { maskingOf } from './masking.ts'
import type { Hosted, ServiceOptions } from './options.ts'
import { isUnderWay, Orchestration, type SagaNews } from './orchestration.ts'
import { Outgoing } from './outgoing.ts'
import { reportOn, type SagaReport } from './saga-report.ts'
import { checkHosted } from './start-checks.ts'
import { type Starter, starter } from './starter.ts'
import { untilStoreIsReady } from './store-ready.ts'
import { UserTransaction, validPayload } from './user-transaction.ts'

/**
 * Wires one service: what it hosts, its database, and the way to the others. Nothing runs before `start`.
 *
 * @throws MakegoodError `HOSTS_INVALID`, `OPTION_INVALID`, and `DEFINITION_INVALID` for a mark that nothing can be masked by
 */
export function service<const Name extends string, Db>(name: Name, options: ServiceOptions<Db>): Service<Name, Db> {
  return new RunningService(name, options)
}

export interface Service<Name extends string, Db> {
  readonly name: Name
  /**
   * Brings the database up to date and begins to take messages. A database or a broker that is away is waited for.
   * @throws MakegoodError `STORE_REFUSED`, `SCHEMA_NEWER`, `VERSION_STRANDED`
   */
  start(): Promise<void>
  /** Takes no new messages, finishes what it has, and resolves. */
  stop(): Promise<void>
  /** Opens a transaction of our own: commits when `work` resolves and publishes at once. */
  transaction<Result>(work: (tx: Tx<Db>) => Promise<Result>): Promise<Result>
  /**
   * Starts a saga in a transaction of ours, when nothing else is to be written with it. Those that are started at the same time share a
   * transaction: under load that spares most of what a transaction for each would cost.
   */
  startSaga<Data>(
    saga: Saga<string, Data>,
    data: NoInfer<Data>,
    options: StartOptions,
  ): Promise<{ readonly sagaId: string; readonly isNew: boolean }>
  /**
   * Publishes an event at once, without the outbox. Resolves when the broker has confirmed it, or every reader has
   * handled it where the transport is `embedded`. It gives up what the outbox is for: if this process dies, or a
   * transaction beside it is rolled back, one has happened without the other; and nobody tries it again. The event has
   * no place in the order of a key.
   * @throws MakegoodError `PAYLOAD_INVALID`, and `TRANSPORT_UNAVAILABLE` if it was not confirmed: it may have arrived
   */
  publishDirectly<Payload>(
    event: Event<MessageType, Payload>,
    payload: NoInfer<Payload>,
    options?: Omit<PublishOptions, 'key'>,
  ): Promise<{ readonly messageId: string }>
  /** Joins a transaction that the user opened; its messages leave when the relay sees the commit. */
  within<Open extends OpenTransaction>(transaction: Open): Tx<Open>

  /**
   * Resolves when the saga has ended, or is stuck.
   * @throws MakegoodError `SAGA_UNKNOWN`, and `RESULT_TIMEOUT` after `timeoutMs` (60 000 by default)
   */
  result(sagaId: string, options?: { readonly timeoutMs?: number }): Promise<SagaReport>
  /** The saga that was started under this key; undefined if there is none. */
  status(saga: { readonly name: string }, key: string): Promise<SagaReport | undefined>
  /**
   * Asks a saga that has not passed its pivot to compensate; one that is compensated already stays so.
   * @throws MakegoodError `SAGA_UNKNOWN`, `ACTION_REFUSED` with the reason
   */
  cancel(sagaId: string, reason: string): Promise<SagaReport>
  /**
   * What an operator asks of a saga, and the audit of it in the same transaction.
   * @throws MakegoodError `SAGA_UNKNOWN`, `ACTION_REFUSED` with the reason, `ACTION_OUTDATED` if it is not what it was
   * decided on any more
   */
  request(sagaId: string, request: Request, on?: DecidedOn): Promise<SagaReport & { readonly effect: Effect }>
  /** What a request would do, or why it would not be done: the errors are those of `request`. Nothing is changed. */
  preview(sagaId: string, request: Request, on?: DecidedOn): Promise<Effect>
  /**
   * Sets dead letters back to parked, due now or one after the other, and says in the audit who did it, unless that is
   * left out. At most 1 000 at a time. Resolves with those that were dead letters, in the order given.
   * @throws MakegoodError with a `payload` also `ACTION_REFUSED` if the message is not `editable`, `PAYLOAD_INVALID`
   */
  redrive(identities: readonly string[], options?: RedriveOptions): Promise<readonly string[]>
  /**
   * Takes dead letters away: what came is not handled any more, and a command stays answered as it was. At most 1 000 at
   * a time. Resolves with those that were dead letters, in the order given.
   */
  discard(identities: readonly string[], deed: Deed): Promise<readonly string[]>
  /** Deletes now what is over and older than its window, for 10 s at the most. Resolves with how many rows. */
  prune(deed: Deed): Promise<number>
  /** Says in the audit what a person did that changes nothing here. */
  audit(entry: AuditEntry): Promise<void>

  /** What is hosted, in running order. */
  readonly hosts: readonly Hosted<Db>[]
  /** The names of its messages on the broker. */
  readonly wire: Wire
  readonly queries: StoreQueries
  /** By this process's clock, in milliseconds since 1970; undefined until it has started. */
  readonly startedAt: number | undefined
  /** This process's link to it. */
  readonly broker: LinkState
  /** How many messages of its queue no process has taken; undefined before `start` and where it cannot be told. */
  waiting(): Promise<number | undefined>
  health(): Promise<Health>
}

class RunningService<Name extends string, Db> implements Service<Name, Db> {
  readonly name: Name
  readonly hosts: readonly Hosted<Db>[]
  readonly #engine: Engine
  readonly #options: ServiceOptions<Db>
  readonly #saga = gathering(looksMax, (ids: readonly string[]) => this.#sagas(ids))
  readonly #endings: Endings
  readonly #changes: Changes
  readonly #starter: Starter
  readonly #interventions: Interventions
  #running: Loops | undefined
  #startedAt: number | undefined
  #stopping: Promise<void> | undefined

  constructor(name: Name, options: ServiceOptions<Db>) {
    this.name = name
    this.hosts = options.hosts
    this.#options = options
    const wire =
      options.wire ?? cloudEventsWire({ services: [{ name, hosts: options.hosts as readonly Hosted<never>[] }] })
    this.#engine = {
      service: name,
      hosted: indexHosted(name, options.hosts as readonly Hosted<never>[]),
      store: (options.store as Store<unknown>).open(name),
      wire,
      queue: wire.queueOf(name),
      clock: options.clock ?? systemClock,
      log: options.log ?? noLog,
      masking: maskingOf(options.hosts),
      telemetry: options.telemetry ?? noTelemetry,
      limits: resolveLimits(options.limits),
      around: options.around ?? ((_message, next) => next()),
    }
    this.#changes = new Changes(
      this.#engine,
      () => this.#running?.outbox,
      news => this.#tell(news),
    )
    this.#interventions = new Interventions(this.#engine, this.#changes)
    this.#starter = starter(this.#engine, starts =>
      this.#changes.make(({ tx, orchestration }) => orchestration.start(tx, starts)),
    )
    this.#endings = new Endings(this.#engine.clock, { at: this.#saga, forEnded: ids => this.queries.sagasAtRest(ids) })
    checkHosted(this.#engine)
  }

  get wire(): Wire {
    return this.#engine.wire
  }

  get queries(): StoreQueries {
    return this.#engine.store.queries
  }

  get startedAt(): number | undefined {
    return this.#startedAt
  }

  get broker(): LinkState {
    return this.#running?.link.state ?? notStarted
  }

  async waiting(): Promise<number | undefined> {
    return this.#running?.link.waiting()
  }

  async start(): Promise<void> {
    const engine = this.#engine
    await untilStoreIsReady(engine, {
      migrate: this.#options.migrate !== false,
      isStopping: () => this.#stopping !== undefined,
    })
    const { service: name, log, queue, wire, limits } = engine
    const link = this.#options.transport.connect({
      service: name,
      topology: wire.topology,
      queue,
      prefetch: limits.prefetch,
      report: ({ level, message, cause }) =>
        log[level]({ service: name, ...(cause === undefined ? {} : { error: textOf(cause) }) }, `${name}: ${message}`),
    })
    this.#running = startLoops(engine, link, this.#changes)
    this.#startedAt = engine.clock.now()
    log.info({ service: name }, `${name} has started`)
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async transaction<Result>(work: (tx: Tx<Db>) => Promise<Result>): Promise<Result> {
    if (isHandling(this.#engine)) {
      throw new MakegoodError(
        'TRANSACTION_NESTED',
        `A handler of ${this.name} opened a second transaction of ${this.name}: use the tx it was given.`,
      )
    }
    return this.#changes.make(async ({ tx, outgoing, orchestration }) => {
      const user = new UserTransaction<Db>(this.#engine, tx as StoreTransaction<Db>, {
        db: tx.db as Db,
        outgoing,
        orchestration,
      })
      try {
        return await work(user)
      } finally {
        user.close()
      }
    })
  }

  startSaga<Data>(saga: Saga<string, Data>, data: Data, options: StartOptions) {
    return this.#starter(saga as Saga, data, options)
  }

  async publishDirectly<Payload>(
    event: Event<MessageType, Payload>,
    payload: Payload,
    { sagaId, headers = {} }: Omit<PublishOptions, 'key'> = {},
  ): Promise<{ readonly messageId: string }> {
    const sent = await validPayload(event, payload)
    const outgoing = new Outgoing(this.#engine)
    const origin = { correlationId: sagaId ?? uuidv7(), causationId: undefined, headers }
    const messageId = outgoing.event(event.type, sent, { sagaId }, origin)
    const { confirmed } = (await this.#running?.link.publish(outgoing.envelopes)) ?? { confirmed: [] }
    if (confirmed.length === 0)
      throw new MakegoodError('TRANSPORT_UNAVAILABLE', `Nobody confirmed ${event.type}: it may have arrived, or not.`)
    return { messageId }
  }

  within<Open extends OpenTransaction>(transaction: Open): Tx<Open> {
    const tx = this.#engine.store.join(transaction)
    return {
      db: transaction,
      publish: (event, payload, options) => this.#writeWithin(tx, user => user.publish(event, payload, options)),
      start: (saga, data, options) => this.#writeWithin(tx, user => user.start(saga, data, options)),
    }
  }

  async result(sagaId: string, { timeoutMs = 60_000 }: { readonly timeoutMs?: number } = {}): Promise<SagaReport> {
    const row = await this.#endings.endOf(sagaId, timeoutMs)
    if (isUnderWay(row.state))
      throw new MakegoodError(
        'RESULT_TIMEOUT',
        `The saga ${sagaId} is still ${row.state.status} after ${timeoutMs} ms.`,
      )
    return reportOn(row)
  }

  async status(saga: { readonly name: string }, key: string): Promise<SagaReport | undefined> {
    const row = await this.queries.sagaByKey(saga.name, key)
    return row === undefined ? undefined : reportOn(row)
  }

  async cancel(sagaId: string, reason: string): Promise<SagaReport> {
    const { status } = await this.#report(sagaId)
    if (status === 'compensating' || status === 'compensated') return this.#report(sagaId)
    await this.#interventions.requestUnaudited(sagaId, { action: { kind: 'compensate' }, by: this.name, reason })
    return this.#report(sagaId)
  }

  async request(sagaId: string, request: Request, on: DecidedOn = {}) {
    const effect = await this.#interventions.request(sagaId, request, on)
    return { ...(await this.#report(sagaId)), effect }
  }

  preview(sagaId: string, request: Request, on: DecidedOn = {}): Promise<Effect> {
    return this.#interventions.preview(sagaId, request, on)
  }

  async redrive(identities: readonly string[], options?: RedriveOptions): Promise<readonly string[]> {
    const redriven = await this.#interventions.redrive(identities, options)
    this.#running?.custody.wake()
    return redriven
  }

  discard(identities: readonly string[], deed: Deed): Promise<readonly string[]> {
    return this.#interventions.discard(identities, deed)
  }

  prune(deed: Deed): Promise<number> {
    return this.#interventions.prune(deed)
  }

  audit(entry: AuditEntry): Promise<void> {
    return this.#interventions.audit(entry)
  }

  health(): Promise<Health> {
    return healthOf(this.broker, () => this.queries.figures())
  }

  async #stop(): Promise<void> {
    const { store, limits, log } = this.#engine
    if (this.#running !== undefined) await drain(this.#running, limits.drainMs)
    await store.close()
    log.info({ service: this.name }, `${this.name} has stopped`)
  }

  /** In a transaction of the user's, everything is written at once: we do not see its end. */
  async #writeWithin<Open, Result>(
    tx: StoreTransaction<Open>,
    work: (user: UserTransaction<Open>) => Promise<Result>,
  ): Promise<Result> {
    const outgoing = new Outgoing(this.#engine)
    const orchestration = new Orchestration(this.#engine, outgoing, tx.now())
    const result = await work(new UserTransaction(this.#engine, tx, { db: tx.db, outgoing, orchestration }))
    orchestration.save(tx as StoreTransaction<unknown>)
    await tx.addToOutbox(outgoing.envelopes, 0)
    return result
  }

  async #report(sagaId: string): Promise<SagaReport> {
    return reportOn(await this.#saga(sagaId))
  }

  async #sagas(ids: readonly string[]): Promise<readonly PromiseSettledResult<SagaRow>[]> {
    const rows = new Map((await this.queries.sagasById(ids)).map(row => [row.id, row]))
    return ids.map(id => {
      const value = rows.get(id)
      if (value !== undefined) return { status: 'fulfilled', value }
      return {
        status: 'rejected',
        reason: new MakegoodError('SAGA_UNKNOWN', `There is no saga ${id} in ${this.name}.`),
      }
    })
  }

  #tell(news: readonly SagaNews[]): void {
    const { telemetry, log, service: name } = this.#engine
    for (const { id, definition, state, seconds, row } of news) {
      const { status } = state
      telemetry.count('makegood_sagas_ended_total', { definition, status })
      telemetry.observe('makegood_saga_seconds', { definition, status }, seconds)
      if (state.status === 'stuck') {
        const mask = this.#engine.masking.over([row.data, row.headers, ...payloadsIn(state)])
        const trouble = { ...state.trouble, says: mask.text(state.trouble.says) }
        log.error({ service: name, saga: id, definition, trouble }, `${name}: the saga ${id} is stuck: ${trouble.says}`)
      }
    }
    this.#endings.tell(news)
  }
}

/** How many sagas are looked for in one statement. */
const looksMax = 500
