import type { Handler, ReceivedMessage } from '../definition/participant.ts'
import { validate } from '../definition/schema.ts'
import { reactionRetry } from '../definition/timing.ts'
import { MakegoodError, textOf } from '../model/errors.ts'
import { type CommandMessage, type Message, type RetryPolicy, stepIdentity } from '../model/message.ts'
import type { Answer, Custody, Handling, InboxRow, NewInboxRow, SettledRow, StoreTransaction } from '../ports/store.ts'
import type { Envelope } from '../ports/wire.ts'
import { fail, type GivenAnswer, givenAnswer, succeed } from './answers.ts'
import { type CallSlots, type CallToMake, callLimitMs } from './calls.ts'
import type { Engine } from './engine.ts'
import { judge, type Verdict } from './judge.ts'
import { Orchestration, type SagaNews, type SagaStart } from './orchestration.ts'
import { Outgoing, originIn } from './outgoing.ts'
import type { Reading } from './reading.ts'
import { answered, callBegun, closed, dead, handled, newCustody, parked, replaced, stillHolds } from './record.ts'
import { nextDelayMs } from './retry.ts'
import { sagaStartsOf } from './saga-starts.ts'
import { storable } from './storable.ts'
import { withTimeLimit } from './time-limit.ts'
import { UserTransaction } from './user-transaction.ts'
import { receivedFrom, type Work } from './work.ts'

/**
 * The one transaction in which messages are handled: admits them to the inbox, runs what they are for, writes what
 * follows, and puts what is to be sent into the outbox. All of it happens, or none.
 *
 * No two of them may be about the same step: `oneOfEach` sees to that.
 */
export function handleBatch(
  engine: Engine,
  slots: CallSlots,
  work: readonly Work[],
  outboxLease: (messages: number) => number,
): Promise<Handled> {
  return engine.store.transaction(async tx => {
    const batch = new Batch(engine, slots, tx)
    await batch.admit(work)
    for (const item of await batch.runTogether(work)) await batch.handle(item)
    await batch.startSagas()
    return batch.write(outboxLease)
  })
}

/** What is left to do once the transaction has committed. */
export interface Handled {
  /** In the outbox now. */
  readonly envelopes: readonly Envelope[]
  /** Whether they are held for this process to publish. */
  readonly held: boolean
  readonly calls: readonly CallToMake[]
  readonly news: readonly SagaNews[]
  /** When the earliest message that was parked here is due, in milliseconds from now. */
  readonly parkedForMs: number | undefined
}

/** How long a message of another version waits for a process that knows it (protocol, rule 22). */
const strangerMsMax = 3_600_000
const strangerPauseMs = 5_000
/** How long a compensation waits before it looks again whether the call of its step is over. */
const waitForCallMs = 250
/** How much longer than its call a lease is held, so that its result can be recorded. */
const leaseMarginMs = 10_000
const handlerMsMax = 5_000

type CommandReading = Extract<Reading, { readonly kind: 'command' }>
type Independent = Work & { readonly reading: CommandReading }

class Batch {
  readonly #engine: Engine
  readonly #slots: CallSlots
  readonly #tx: StoreTransaction<unknown>
  readonly #outgoing: Outgoing
  readonly #records = new Map<string, Handling>()
  readonly #rows = new Map<string, InboxRow>()
  readonly #settled = new Map<string, Handling>()
  readonly #starts: SagaStart[] = []
  readonly #calls: CallToMake[] = []
  #orchestration: Orchestration
  #fresh: ReadonlySet<string> = new Set()
  #now = 0
  #parkedForMs: number | undefined

  constructor(engine: Engine, slots: CallSlots, tx: StoreTransaction<unknown>) {
    this.#engine = engine
    this.#slots = slots
    this.#tx = tx
    this.#outgoing = new Outgoing(engine)
    this.#orchestration = new Orchestration(engine, this.#outgoing, 0)
  }

  /** Sends what needs no answer of the database in one flight, and then asks for what was known before. */
  async admit(work: readonly Work[]): Promise<void> {
    const tx = this.#tx
    const names = lockNames(work)
    if (names.length > 0) void tx.lock(names)
    const rows = work.flatMap(item => this.#rowsToAdmit(item))
    const sagaIds = [
      ...new Set(work.flatMap(({ reading }) => (reading.kind === 'reply' ? [reading.message.sagaId] : []))),
    ]
    const [now, fresh, sagas] = await Promise.all([
      tx.now(),
      rows.length > 0 ? tx.admit(rows) : new Set<string>(),
      sagaIds.length > 0 ? tx.lockSagas(sagaIds) : [],
    ])
    this.#now = now
    this.#fresh = fresh
    this.#orchestration = new Orchestration(this.#engine, this.#outgoing, now)
    this.#orchestration.add(sagas)
    for (const row of rows) if (fresh.has(row.identity)) this.#records.set(row.identity, row.handling)

    const known = work.flatMap(item => identitiesOf(item)).filter(identity => !fresh.has(identity))
    if (known.length > 0) {
      for (const row of await tx.lockInbox(known)) {
        this.#rows.set(row.identity, row)
        this.#records.set(row.identity, row.handling)
      }
    }
  }

  /**
   * Runs those handlers side by side that say which rows they touch, and touch different ones: a handler's round trips
   * then hold up nobody else. If one throws or refuses, everything that they wrote is taken back, the others run again
   * without it, and it is left to run alone. Resolves with what is left, in its order.
   */
  async runTogether(work: readonly Work[]): Promise<readonly Work[]> {
    const together = this.#independentOf(work)
    if (together.length < 2) return work
    const takeBack = this.#mark()
    const savepoint = this.#tx.savepoint()
    const attempts = await Promise.all(
      together.map(async item => {
        const user = this.#userTransaction(item, savepoint.db)
        try {
          return { item, given: await this.#answerOf(item, item.reading, user), error: undefined }
        } catch (error) {
          return { item, given: undefined, error }
        } finally {
          user.close()
        }
      }),
    )
    const good = attempts.filter(({ given }) => given !== undefined && !isRefusal(given))
    if (good.length === attempts.length) {
      savepoint.release()
      for (const { item, given } of attempts) {
        const { message } = item.reading
        this.#settleStep(message, this.#verdictOn(item, message))
        this.#answer(item, message, given!.answer)
      }
      const done: ReadonlySet<Work> = new Set(together)
      return work.filter(item => !done.has(item))
    }
    takeBack()
    await savepoint.rollback()
    const ours = attempts.find(({ error }) => error !== undefined && this.#engine.store.classify(error) !== 'other')
    if (ours !== undefined) throw ours.error
    const again = good.map(({ item }) => item)
    const left = new Set(await this.runTogether(again))
    return work.filter(item => !again.includes(item as Independent) || left.has(item))
  }

  /** Those to run side by side: each the first to touch its rows. */
  #independentOf(work: readonly Work[]): readonly Independent[] {
    const touched = new Set<string>()
    return work.filter((item): item is Independent => {
      const { lockNames: names, reading } = item
      if (typeof names === 'string') return false
      const isFirst = names.every(name => !touched.has(name))
      for (const name of names) touched.add(name)
      return (
        isFirst &&
        reading.kind === 'command' &&
        reading.handler.call === undefined &&
        item.claim === undefined &&
        !item.custodyFirst &&
        item.spoiled === undefined &&
        this.#fresh.has(item.identity) &&
        this.#verdictOn(item, reading.message).do === 'run'
      )
    })
  }

  async handle(item: Work): Promise<void> {
    const { reading, claim } = item
    const isNew = this.#fresh.has(item.identity)
    if (claim !== undefined) {
      if (!stillHolds(claim.handling, this.#records.get(item.identity))) return
    } else if (!isNew && !this.#isOldCommand(item)) {
      return this.#handleAgain(item)
    } else if (item.custodyFirst && isNew) {
      this.#parkedFor(0)
      return
    }
    if (item.spoiled !== undefined) return this.#park(item, item.spoiled)
    switch (reading.kind) {
      case 'command':
        return this.#handleCommand(item, reading.message, reading.handler)
      case 'reply':
        return this.#handleReply(item, reading.message)
      case 'event':
        return this.#handleEvent(item, reading)
      case 'stranger':
        return this.#keepForOthers(item)
      case 'unreadable':
        return this.#kill(item, reading.reason)
    }
  }

  async startSagas(): Promise<void> {
    await this.#orchestration.start(this.#tx, this.#starts)
  }

  write(outboxLease: (messages: number) => number): Handled {
    const settled: SettledRow[] = [...this.#settled].map(([identity, handling]) => ({ identity, handling }))
    if (settled.length > 0) void this.#tx.settle(settled)
    this.#orchestration.save(this.#tx)
    const { envelopes } = this.#outgoing
    const leaseMs = outboxLease(envelopes.length)
    if (envelopes.length > 0) void this.#tx.addToOutbox(envelopes, leaseMs)
    return {
      envelopes,
      held: leaseMs > 0,
      calls: this.#calls,
      news: this.#orchestration.news(),
      parkedForMs: this.#parkedForMs,
    }
  }

  // ── What was here before ──────────────────────────────────────────────────────────────────────────────────────────

  /** A duplicate: of a command it is answered again, of all else it is dropped. */
  #handleAgain(item: Work): void {
    const row = this.#rows.get(item.identity)
    if (row === undefined) throw new Error(`The inbox row ${item.identity} was neither inserted nor found.`)
    const { reading } = item
    this.#count(item, 'duplicate')
    const isSame = row.digest === item.digest || row.digest === '' || row.messageId === storable(item.envelope.id)
    if (!isSame && (reading.kind !== 'command' || (reading.message.attempt === 1 && row.handling.attempt === 1))) {
      return this.#addDeadLetter(
        item,
        `reused/${storable(item.envelope.id)}`,
        `IDENTITY_REUSED: ${item.identity} was here before with another payload.`,
      )
    }
    if (reading.kind === 'command') this.#carryOut(item, reading.message, this.#verdictOn(item, reading.message))
  }

  // ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #handleCommand(item: Work, command: CommandMessage, handler: Handler<unknown>): Promise<void> {
    const verdict = this.#verdictOn(item, command)
    if (verdict.do !== 'run') return this.#carryOut(item, command, verdict)
    if (!this.#records.has(item.identity)) {
      const fresh = await this.#tx.admit([newRow(item, handled(command.attempt))])
      // Another replica has just run it, and answers.
      if (!fresh.has(item.identity)) return
    }
    this.#settleStep(command, verdict)
    if (isSpent(item, this.#now)) return this.#kill(item, attemptsLost)
    if (handler.call !== undefined && item.called === undefined) return this.#beginCall(item, command, handler)
    if (item.called?.kind === 'threw') return this.#park(item, item.called.error)
    await this.#run(item, command, handler)
  }

  #verdictOn(item: Work, command: CommandMessage): Verdict {
    const own = this.#records.get(item.identity)
    const step = command.direction === 'forward' ? undefined : this.#recordBefore(stepIdentity(command, 'forward'))
    const isKnown = !this.#fresh.has(item.identity)
    return judge(
      command,
      { own: isKnown ? own : undefined, step },
      {
        claimed: item.claim !== undefined,
        old: isOld(this.#engine, command.firstSentAt),
        stepOld: isOld(this.#engine, command.stepFirstSentAt),
      },
    )
  }

  /** A step's record, but for the closed one that admitting its compensation has just made. */
  #recordBefore(identity: string): Handling | undefined {
    return this.#settled.get(identity) ?? (this.#fresh.has(identity) ? undefined : this.#records.get(identity))
  }

  #carryOut(item: Work, command: CommandMessage, verdict: Verdict): void {
    this.#settleStep(command, verdict)
    switch (verdict.do) {
      case 'run':
        throw new Error(`A command that was here before is not run again: ${item.identity}.`)
      case 'answer':
        return this.#answer(item, command, verdict.answer)
      case 'answer again':
        if (verdict.own !== this.#records.get(item.identity)) this.#settle(item.identity, verdict.own)
        return this.#outgoing.reply(command, command.attempt, verdict.answer)
      case 'refuse as expired':
        // One in custody has a record, and is done with.
        if (item.claim !== undefined) return this.#answer(item, command, verdict.answer)
        return this.#outgoing.reply(command, command.attempt, verdict.answer)
      case 'wait':
        return this.#keep(item, { ...this.#custodyOf(item), dueInMs: waitForCallMs, attempts: triesBefore(item) })
      case 'replace':
        this.#parkedFor(0)
        return this.#settle(item.identity, replaced(verdict.own, item.envelope))
      case 'drop':
        if (verdict.own !== undefined) this.#settle(item.identity, verdict.own)
    }
  }

  #settleStep(command: CommandMessage, verdict: Verdict): void {
    if ('step' in verdict && verdict.step !== undefined) this.#settle(stepIdentity(command, 'forward'), verdict.step)
  }

  #answer(item: Work, command: CommandMessage, answer: Answer): void {
    const before = this.#records.get(item.identity) ?? handled(command.attempt)
    const after = answered(before, answer)
    this.#settle(item.identity, after)
    this.#outgoing.reply(command, Math.max(before.attempt, command.attempt), answer)
    this.#count(item, after.state)
  }

  async #run(item: Work, command: CommandMessage, handler: Handler<unknown>): Promise<void> {
    const given = await this.#attempt(item, tx => this.#answerOf(item, { message: command, handler }, tx))
    if (given === undefined) return
    this.#answer(item, command, given.answer)
  }

  async #answerOf(
    item: Work,
    { message: command, handler }: Pick<CommandReading, 'message' | 'handler'>,
    tx: UserTransaction<unknown>,
  ): Promise<GivenAnswer> {
    const context = { tx, message: receivedFrom(command, item), succeed, fail, payload: command.payload }
    const first = item.called?.kind === 'returned' ? item.called.result : command.payload
    const written = handler.handler as (first: unknown, context: unknown) => Promise<unknown>
    const answer = givenAnswer(
      await this.#limited(item, handler, context.message, () => written(first, context)),
      command.type,
    )
    await checkAnswer(handler, answer.answer)
    return answer
  }

  /** Makes a call outside, after the commit; without a free slot the message waits in custody for one. */
  #beginCall(item: Work, command: CommandMessage, handler: Handler<unknown>): void {
    const custody = this.#custodyOf(item)
    if (!this.#slots.take(command.type))
      return this.#keep(item, { ...custody, dueInMs: 0, attempts: triesBefore(item) })
    const leaseMs = callLimitMs(handler) + leaseMarginMs
    const before = this.#records.get(item.identity) ?? handled(command.attempt)
    const handling = callBegun(before, custody, { now: this.#now, leaseMs })
    this.#settle(item.identity, handling)
    this.#calls.push({
      item: { ...item, claim: { ...newRow(item, handling), receivedAt: this.#now } },
      command,
      handler,
      refusals: before.refusals,
    })
  }

  // ── Replies and events ────────────────────────────────────────────────────────────────────────────────────────────

  #handleReply(item: Work, reply: Extract<Reading, { kind: 'reply' }>['message']): void {
    const { sagaId, step, direction, attempt, failure, payload } = reply
    if (!this.#orchestration.has(sagaId)) {
      this.#settle(item.identity, { ...handled(1), state: 'ignored', error: `There is no saga ${sagaId} here.` })
      return this.#count(item, 'ignored')
    }
    if (!this.#orchestration.hosts(sagaId)) return this.#keepForOthers(item)
    this.#orchestration.apply(sagaId, { kind: 'answer', step, direction, attempt, failure, payload }, reply.id)
    this.#done(item)
  }

  async #handleEvent(item: Work, { message, reactions, starts }: Extract<Reading, { kind: 'event' }>): Promise<void> {
    if (isSpent(item, this.#now)) return this.#kill(item, attemptsLost)
    const done = await this.#attempt(item, async tx => {
      const started = await sagaStartsOf(starts, message)
      for (const reaction of reactions) {
        const context = { tx, message: receivedFrom(message, item) }
        const react = reaction.react as (payload: unknown, context: unknown) => Promise<void>
        await this.#limited(item, reaction, context.message, () => react(message.payload, context))
      }
      return started
    })
    if (done === undefined) return
    this.#starts.push(...done)
    this.#done(item)
  }

  #done(item: Work): void {
    if (item.claim !== undefined) this.#settle(item.identity, handled(1))
    this.#count(item, 'handled')
  }

  // ── Running what users wrote ──────────────────────────────────────────────────────────────────────────────────────

  /**
   * Runs user code inside a savepoint. What it wrote is taken back if it throws, and the message is parked; or if it
   * answers with a failure, and the record of that is written after. Resolves with undefined if it is parked.
   */
  async #attempt<Result>(
    item: Work,
    work: (tx: UserTransaction<unknown>) => Promise<Result>,
  ): Promise<Result | undefined> {
    const takeBack = this.#mark()
    let savepoint = this.#tx.savepoint()
    let user = this.#userTransaction(item, savepoint.db)
    try {
      const result = await work(user)
      const refused = isRefusal(result)
      if (!refused) {
        savepoint.release()
        return result
      }
      user.close()
      takeBack()
      await savepoint.rollback()
      if (result.record !== undefined) {
        savepoint = this.#tx.savepoint()
        user = this.#userTransaction(item, savepoint.db)
        await result.record(user)
        savepoint.release()
      }
      return result
    } catch (error) {
      user.close()
      takeBack()
      await savepoint.rollback()
      if (this.#engine.store.classify(error) !== 'other') throw error
      this.#park(item, error)
      return undefined
    } finally {
      user.close()
    }
  }

  #limited<Result>(
    item: Work,
    limits: { readonly handlerMsMax?: number },
    message: ReceivedMessage,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const { engine, name } = { engine: this.#engine, name: messageOf(item)?.type ?? item.identity }
    const limitMs = limits.handlerMsMax ?? handlerMsMax
    return engine.telemetry.span(
      { name, parent: messageOf(item)?.headers ?? {}, attributes: { 'makegood.message': item.envelope.id } },
      () =>
        engine.handling.run(engine.service, async () => {
          let result: Result | undefined
          const wrapped = engine.around(message, async () => {
            result = await work()
          })
          await withTimeLimit(
            wrapped,
            limitMs,
            () => new MakegoodError('HANDLER_TIMEOUT', `The handler of ${name} took longer than ${limitMs} ms.`),
          )
          return result as Result
        }),
    )
  }

  #userTransaction(item: Work, db: unknown): UserTransaction<unknown> {
    const message = messageOf(item)
    return new UserTransaction(this.#engine, this.#tx, {
      db,
      outgoing: this.#outgoing,
      orchestration: this.#orchestration,
      sagaId: message?.kind === 'event' || message?.kind === 'command' ? message.sagaId : undefined,
      ...(message === undefined ? {} : { origin: originIn(message) }),
    })
  }

  #mark(): () => void {
    const marks = [this.#outgoing.mark(), this.#orchestration.mark()]
    return () => {
      for (const takeBack of marks) takeBack()
    }
  }

  // ── Parked messages and dead letters ──────────────────────────────────────────────────────────────────────────────

  #park(item: Work, error: unknown): void {
    const custody = this.#custodyOf(item)
    const attempts = item.claim === undefined ? 1 : custody.attempts
    const firstAttemptAt = custody.firstAttemptAt || this.#now
    const tried = { attempts, sinceMs: this.#now - firstAttemptAt }
    const dueInMs = nextDelayMs(retryOf(item), tried, this.#engine.clock.random())
    const text = textOf(error)
    const { log, service, telemetry } = this.#engine
    if (dueInMs === undefined) return this.#kill(item, text)
    log.warn(
      { service, message: item.envelope.id, identity: item.identity, attempts, dueInMs, error: text },
      `${service}: parked ${item.identity}: ${text}`,
    )
    telemetry.count('makegood_messages_parked_total', { type: messageOf(item)?.type ?? 'unknown' })
    this.#keep(item, { ...custody, attempts, firstAttemptAt, dueInMs }, text)
  }

  #keepForOthers(item: Work): void {
    const type = messageOf(item)?.type ?? 'unknown'
    const waitedMs = this.#now - (item.claim?.receivedAt ?? this.#now)
    const reason = `Nothing in ${this.#engine.service} reads ${type}.`
    if (waitedMs >= strangerMsMax || !isOwnMessage(this.#engine, item.envelope)) return this.#kill(item, reason)
    this.#keep(item, { ...this.#custodyOf(item), attempts: 0, dueInMs: strangerPauseMs }, reason)
  }

  #keep(item: Work, custody: Custody, error?: string): void {
    const before = this.#records.get(item.identity) ?? handled(1)
    this.#settle(item.identity, parked(before, custody, error))
    this.#parkedFor(custody.dueInMs)
  }

  /** The last attempt has failed, or there is no use in any: a dead letter, and the answer that it is one. */
  #kill(item: Work, reason: string): void {
    const { log, service, telemetry } = this.#engine
    const message = messageOf(item)
    log.error(
      { service, message: item.envelope.id, identity: item.identity, reason },
      `${service}: dead letter ${item.identity}: ${reason}`,
    )
    telemetry.count('makegood_messages_dead_total', {
      type: message?.type ?? 'unknown',
      reason: reason.split(':')[0] ?? '',
    })
    const before = this.#records.get(item.identity) ?? handled(1)
    const answer: Answer | undefined =
      message?.kind === 'command' ? { failure: 'UNPROCESSABLE', payload: { error: reason } } : undefined
    this.#settle(item.identity, dead(before, this.#custodyOf(item), reason, answer))
    this.#outgoing.deadLetterCopy(item.envelope, reason)
    if (message?.kind === 'command' && answer !== undefined)
      this.#outgoing.reply(message, Math.max(before.attempt, message.attempt), answer)
  }

  /** A dead letter that has no record of its own. */
  #addDeadLetter(item: Work, identity: string, reason: string): void {
    this.#engine.log.error(
      { service: this.#engine.service, identity, reason },
      `${this.#engine.service}: dead letter ${identity}: ${reason}`,
    )
    const handling = dead(handled(1), newCustody(item.envelope), reason, undefined)
    void this.#tx.admit([{ ...newRow(item, handling), identity }])
    this.#outgoing.deadLetterCopy(item.envelope, reason)
  }

  // ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A command that may be too old to be judged is only looked for: admitting it would make it look known (rule 5). */
  #rowsToAdmit(item: Work): readonly NewInboxRow[] {
    if (item.claim !== undefined || this.#isOldCommand(item)) return this.#stepRowOf(item)
    const message = messageOf(item)
    const attempt = message?.kind === 'command' ? message.attempt : 1
    const handling = item.custodyFirst
      ? parked(handled(attempt), newCustody(item.envelope), undefined)
      : handled(attempt)
    return [newRow(item, handling), ...this.#stepRowOf(item)]
  }

  /** Asking whether a step ran and closing it are one act: its row is inserted closed, unless it is there (rule 7). */
  #stepRowOf(item: Work): readonly NewInboxRow[] {
    const { reading } = item
    if (reading.kind !== 'command' || reading.message.direction === 'forward' || this.#isOldCommand(item)) return []
    return [{ ...newRow(item, closed(undefined)), identity: stepIdentity(reading.message, 'forward'), digest: '' }]
  }

  #isOldCommand({ reading }: Work): boolean {
    return reading.kind === 'command' && isOld(this.#engine, reading.message.stepFirstSentAt)
  }

  #custodyOf(item: Work): Custody {
    return (
      this.#records.get(item.identity)?.custody ??
      item.claim?.handling.custody ?? { ...newCustody(item.envelope), attempts: 1 }
    )
  }

  #settle(identity: string, handling: Handling): void {
    this.#records.set(identity, handling)
    this.#settled.set(identity, handling)
  }

  #parkedFor(ms: number): void {
    this.#parkedForMs = Math.min(this.#parkedForMs ?? Number.POSITIVE_INFINITY, ms)
  }

  #count(item: Work, outcome: string): void {
    this.#engine.telemetry.count('makegood_messages_total', { type: messageOf(item)?.type ?? 'unknown', outcome })
  }
}

/** The names of the rows that handlers will touch, or one name for all that do not say (protocol, rule 18). */
function lockNames(work: readonly Work[]): readonly string[] {
  const names = work.flatMap(item => {
    if (item.lockNames === 'none') return []
    return item.lockNames === 'all' ? ['*'] : item.lockNames
  })
  return [...new Set(names)]
}

function identitiesOf({ identity, reading }: Work): readonly string[] {
  const aboutStep = reading.kind === 'command' && reading.message.direction !== 'forward'
  return aboutStep ? [identity, stepIdentity(reading.message, 'forward')] : [identity]
}

function isOld({ clock, limits }: Engine, firstSentAt: number): boolean {
  return firstSentAt < clock.now() - limits.inboxMs
}

function newRow({ identity, envelope, reading, digest }: Work, handling: Handling): NewInboxRow {
  const message = reading.message
  return {
    identity,
    messageId: storable(envelope.id),
    kind: message?.kind ?? 'unknown',
    type: message?.type ?? 'unknown',
    sagaId: message?.sagaId,
    correlationId: message?.correlationId ?? storable(envelope.id),
    causationId: message?.causationId,
    digest,
    handling,
  }
}

/** What a claim counted is no attempt if nothing was tried. */
function triesBefore({ claim }: Work): number {
  return Math.max((claim?.handling.custody?.attempts ?? 1) - 1, 0)
}

/**
 * Claimed more often than its policy allows: its claims count, and those before it never said what became of them. It
 * may be what ends its processes (protocol, rule 17).
 */
function isSpent(item: Work, now: number): boolean {
  const custody = item.claim?.handling.custody
  if (custody === undefined || item.called !== undefined) return false
  const { attempts, forMs } = retryOf(item)
  const { attempts: claims, firstAttemptAt } = custody
  return (attempts !== undefined && claims > attempts) || (claims > 1 && now - firstAttemptAt > forMs)
}

const attemptsLost =
  'ATTEMPTS_LOST: its attempts are used up, and nobody said what became of the last: the process may have ended of it.'

function messageOf({ reading }: Work): Message | undefined {
  return reading.message
}

function retryOf({ reading }: Work): RetryPolicy {
  if (reading.kind !== 'command') return reactionRetry
  const { retry } = reading.message
  // A provider that is down is waited for until the step's deadline, however many calls that takes (rule 14).
  return reading.handler.call === undefined ? retry : { ...retry, attempts: undefined }
}

/**
 * Whether makegood sent it: a process of another version may read it then, and anything else is garbage (protocol, rule
 * 22). On a wire on which all are makegood, whatever it could decode is ours; on others the headers say so.
 */
function isOwnMessage({ wire }: Engine, { headers }: Envelope): boolean {
  return wire.canClose || Object.keys(headers).some(name => name.startsWith('makegood-'))
}

function isRefusal(result: unknown): result is GivenAnswer {
  return (
    typeof result === 'object' &&
    result !== null &&
    'answer' in result &&
    (result as GivenAnswer).answer.failure !== undefined
  )
}

async function checkAnswer({ command }: Handler<unknown>, { failure, payload }: Answer): Promise<void> {
  const failures = command.failures as { readonly [code: string]: typeof command.reply }
  const schema =
    failure === undefined ? command.reply : Object.hasOwn(failures, failure) ? failures[failure] : undefined
  if (schema === undefined)
    throw new MakegoodError('PAYLOAD_INVALID', `The command ${command.type} declares no failure ${failure}.`)
  const result = await validate(schema, payload)
  if (result.issues !== undefined)
    throw new MakegoodError(
      'PAYLOAD_INVALID',
      `The answer to ${command.type} does not match its schema: ${result.issues}`,
    )
}
