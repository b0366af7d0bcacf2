import type { Handler } from '../definition/participant.ts'
import { reactionRetry } from '../definition/timing.ts'
import { textOf } from '../model/errors.ts'
import { type CommandMessage, type ReplyMessage, type RetryPolicy, stepIdentity } from '../model/message.ts'
import type { Answer, Custody } from '../ports/store.ts'
import type { Envelope } from '../ports/wire.ts'
import { type GivenAnswer, Rejection } from './answers.ts'
import { type CallSlots, type CallToMake, callLimitMs } from './calls.ts'
import type { Change } from './change.ts'
import type { Engine } from './engine.ts'
import { Inbox, isOld, isOldCommand, newRow } from './inbox.ts'
import { instanceId, instancesIn, toldBy } from './instances.ts'
import { judge, type Verdict } from './judge.ts'
import type { SagaStart } from './orchestration.ts'
import { digestAsSent, type Reading } from './reading.ts'
import { answered, callBegun, dead, handled, newCustody, parked, replaced, stillHolds } from './record.ts'
import { nextDelayMs } from './retry.ts'
import { Running } from './running.ts'
import { sagaStartsOf } from './saga-starts.ts'
import { storable } from './storable.ts'
import { messageOf, type Work } from './work.ts'

/**
 * The one transaction in which messages are handled: admits them to the inbox, runs what they are for, and writes what
 * follows. All of it happens, or none.
 *
 * No two of them may be about the same step: `oneOfEach` sees to that.
 */
export async function handleBatch(
  engine: Engine,
  slots: CallSlots,
  change: Change,
  work: readonly Work[],
): Promise<Handled> {
  const batch = new Batch(engine, slots, change)
  await batch.admit(work)
  for (const item of await batch.runTogether(work)) await batch.handle(item)
  return batch.write()
}

/** What is left to do once the transaction has committed. */
export interface Handled {
  readonly calls: readonly CallToMake[]
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

type CommandWork = Work & { readonly reading: Extract<Reading, { readonly kind: 'command' }> }

class Batch {
  readonly #engine: Engine
  readonly #slots: CallSlots
  readonly #change: Change
  readonly #inbox: Inbox
  readonly #running: Running
  readonly #starts: SagaStart[] = []
  readonly #calls: CallToMake[] = []
  #now = 0
  #parkedForMs: number | undefined

  constructor(engine: Engine, slots: CallSlots, change: Change) {
    this.#engine = engine
    this.#slots = slots
    this.#change = change
    this.#inbox = new Inbox(engine, change.tx)
    this.#running = new Running(engine, change)
  }

  /** Sends what needs no answer of the database in one flight, and then asks for what was known before. */
  async admit(work: readonly Work[]): Promise<void> {
    const { tx, orchestration } = this.#change
    const names = lockNames(work)
    if (names.length > 0) void tx.lock(names)
    const admitted = this.#inbox.admit(work)
    const instances = instancesIn(work)
    if (instances.length > 0) void tx.insertSagas(instances)
    const sagas = tx.lockSagas([...sagaIdsIn(work), ...instances.map(({ id }) => id)])
    await admitted
    orchestration.add(await sagas)
    this.#now = await orchestration.began
  }

  /**
   * Runs those handlers side by side that say which rows they touch, and touch different ones. Resolves with what is
   * left to handle, in its order.
   */
  async runTogether(work: readonly Work[]): Promise<readonly Work[]> {
    const together = this.#independentOf(work)
    if (together.length < 2) return work
    const outcomes = await this.#running.together(
      together.map(item => ({
        item,
        run: tx => this.#running.answer(item, item.reading.message, item.reading.handler, tx),
      })),
    )
    const done = new Set<Work>()
    const allAreDone = outcomes.every(({ is }) => is === 'done')
    for (const [at, outcome] of outcomes.entries()) {
      const item = together[at]!
      // Nobody else touches what it looked at: it would refuse again.
      const stands = outcome.is === 'refused' && outcome.result.record === undefined
      if (!stands && !(allAreDone && outcome.is === 'done')) continue
      const { message } = item.reading
      this.#settleStep(message, this.#verdictOn(item, message))
      this.#answer(item, message, outcome.result.answer)
      done.add(item)
    }
    const rest = work.filter(item => !done.has(item))
    // Of those that were said to be done, everything was taken back; one that threw is left to run alone.
    const again = together.filter((_item, at) => outcomes[at]!.is === 'done')
    if (allAreDone || again.length < 2) return rest
    const left = new Set(await this.runTogether(again))
    return rest.filter(item => left.has(item) || !again.includes(item as CommandWork))
  }

  /** Those to run side by side: each the first to touch its rows. */
  #independentOf(work: readonly Work[]): readonly CommandWork[] {
    const touched = new Set<string>()
    return work.filter((item): item is CommandWork => {
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
        this.#inbox.isFresh(item) &&
        this.#verdictOn(item, reading.message).do === 'run'
      )
    })
  }

  async handle(item: Work): Promise<void> {
    const { reading, claim } = item
    const isNew = this.#inbox.isFresh(item)
    if (claim !== undefined) {
      if (!stillHolds(claim.handling, this.#inbox.recordOf(item))) return
    } else if (!isNew && !isOldCommand(this.#engine, item)) {
      return this.#handleAgain(item)
    } else if (item.custodyFirst && isNew) {
      return this.#parkedFor(0)
    } else if (this.#inbox.isHeldBack(item)) {
      return this.#keep(item, { ...this.#custodyOf(item), dueInMs: 0, attempts: 0 })
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

  async write(): Promise<Handled> {
    const { tx, orchestration } = this.#change
    await orchestration.start(tx, this.#starts)
    this.#inbox.write()
    return { calls: this.#calls, parkedForMs: this.#parkedForMs }
  }

  // ── What was here before ──────────────────────────────────────────────────────────────────────────────────────────

  /** A duplicate: of a command it is answered again, of all else it is dropped. */
  #handleAgain(item: Work): void {
    const row = this.#inbox.rowOf(item)
    if (row === undefined) throw new Error(`The inbox row ${item.identity} was neither inserted nor found.`)
    // Also one that cannot be read says what it asks for: whoever asks again is answered again.
    const message = messageOf(item)
    this.#count(item, 'duplicate')
    const isSame =
      row.digest === item.digest ||
      row.digest === '' ||
      row.messageId === storable(item.envelope.id) ||
      row.digest === digestAsSent(this.#engine, item.envelope)
    if (!isSame && (message?.kind !== 'command' || (message.attempt === 1 && row.handling.attempt === 1))) {
      return this.#addDeadLetter(
        item,
        `reused/${storable(item.envelope.id)}`,
        `IDENTITY_REUSED: ${item.identity} was here before with another payload.`,
      )
    }
    if (message?.kind === 'command') this.#carryOut(item, message, this.#verdictOn(item, message))
  }

  // ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #handleCommand(item: Work, command: CommandMessage, handler: Handler<unknown>): Promise<void> {
    const verdict = this.#verdictOn(item, command)
    if (verdict.do !== 'run') return this.#carryOut(item, command, verdict)
    if (this.#inbox.recordOf(item) === undefined) {
      // Or another replica has just run it, and answers.
      if (!(await this.#inbox.admitLate(item, handled(command.attempt)))) return
    }
    this.#settleStep(command, verdict)
    if (isSpent(item, this.#now)) return this.#kill(item, attemptsLost)
    if (handler.call !== undefined && item.called === undefined) return this.#beginCall(item, command, handler)
    if (item.called?.kind === 'threw') return this.#park(item, item.called.error)
    await this.#run(item, command, handler)
  }

  #verdictOn(item: Work, command: CommandMessage): Verdict {
    const own = this.#inbox.isFresh(item) ? undefined : this.#inbox.recordOf(item)
    const step = command.direction === 'forward' ? undefined : this.#inbox.stepRecordOf(command)
    return judge(
      command,
      { own, step },
      {
        claimed: item.claim !== undefined,
        old: isOld(this.#engine, command.firstSentAt),
        stepOld: isOld(this.#engine, command.stepFirstSentAt),
      },
    )
  }

  #carryOut(item: Work, command: CommandMessage, verdict: Verdict): void {
    this.#settleStep(command, verdict)
    switch (verdict.do) {
      case 'run':
        throw new Error(`A command that was here before is not run again: ${item.identity}.`)
      case 'answer':
        return this.#answer(item, command, verdict.answer)
      case 'answer again':
        if (verdict.own !== this.#inbox.recordOf(item)) this.#inbox.settle(item.identity, verdict.own)
        return this.#change.outgoing.reply(command, command.attempt, verdict.answer)
      case 'refuse as expired':
        // One in custody has a record, and is done with.
        if (item.claim !== undefined) return this.#answer(item, command, verdict.answer)
        return this.#change.outgoing.reply(command, command.attempt, verdict.answer)
      case 'wait':
        return this.#keep(item, { ...this.#custodyOf(item), dueInMs: waitForCallMs, attempts: triesBefore(item) })
      case 'replace':
        this.#parkedFor(0)
        return this.#inbox.settle(item.identity, replaced(verdict.own, item.envelope))
      case 'drop':
        if (verdict.own !== undefined) this.#inbox.settle(item.identity, verdict.own)
    }
  }

  #settleStep(command: CommandMessage, verdict: Verdict): void {
    if ('step' in verdict && verdict.step !== undefined)
      this.#inbox.settle(stepIdentity(command, 'forward'), verdict.step)
  }

  #answer(item: Work, command: CommandMessage, answer: Answer): void {
    const before = this.#inbox.recordOf(item) ?? handled(command.attempt)
    const after = answered(before, answer)
    this.#inbox.settle(item.identity, after)
    this.#change.outgoing.reply(command, Math.max(before.attempt, command.attempt), answer)
    this.#count(item, after.state)
  }

  /** What the handler wrote is taken back if it throws, and the message is parked; or if it refuses, and the record of that is written after. */
  async #run(item: Work, command: CommandMessage, handler: Handler<unknown>): Promise<void> {
    const outcome = await this.#running.alone(item, tx => this.#running.answer(item, command, handler, tx))
    if (outcome.is === 'thrown') return this.#park(item, outcome.error)
    const { answer, record }: GivenAnswer = outcome.result
    if (outcome.is === 'refused' && record !== undefined) {
      const recorded = await this.#running.alone(item, record)
      if (recorded.is === 'thrown') return this.#park(item, recorded.error)
    }
    this.#answer(item, command, answer)
  }

  /** Makes a call outside, after the commit; without a free slot the message waits in custody for one. */
  #beginCall(item: Work, command: CommandMessage, handler: Handler<unknown>): void {
    const custody = this.#custodyOf(item)
    if (!this.#slots.take(command.type))
      return this.#keep(item, { ...custody, dueInMs: 0, attempts: triesBefore(item) })
    const leaseMs = callLimitMs(handler) + leaseMarginMs
    const before = this.#inbox.recordOf(item) ?? handled(command.attempt)
    const handling = callBegun(before, custody, { now: this.#now, leaseMs })
    this.#inbox.settle(item.identity, handling)
    this.#calls.push({
      item: { ...item, claim: { ...newRow(item, handling), receivedAt: this.#now } },
      command,
      handler,
      refusals: before.refusals,
    })
  }

  // ── Replies and events ────────────────────────────────────────────────────────────────────────────────────────────

  #handleReply(item: Work, reply: ReplyMessage): void {
    const { sagaId, step, direction, attempt, failure, payload } = reply
    if (!this.#change.orchestration.has(sagaId)) {
      this.#inbox.settle(item.identity, { ...handled(1), state: 'ignored', error: `There is no saga ${sagaId} here.` })
      return this.#count(item, 'ignored')
    }
    if (!this.#change.orchestration.hosts(sagaId)) return this.#keepForOthers(item)
    this.#change.orchestration.apply(sagaId, { kind: 'answer', step, direction, attempt, failure, payload }, reply.id)
    this.#discardOwnLetter(reply)
    this.#done(item)
  }

  /** Where the step is handled here, and its compensation elsewhere, nobody else would close its letter (rule 9). */
  #discardOwnLetter({ sagaId, step, direction, type, failure }: ReplyMessage): void {
    if (failure !== 'UNPROCESSABLE' || direction !== 'forward' || !this.#engine.hosted.handlers.has(type)) return
    const { tx, orchestration } = this.#change
    if (orchestration.makesGood(sagaId, step)) void tx.discard([stepIdentity({ sagaId, step }, 'forward')])
  }

  async #handleEvent(item: Work, reading: Extract<Reading, { kind: 'event' }>): Promise<void> {
    const { message, reactions, starts, tracked } = reading
    if (isSpent(item, this.#now)) return this.#kill(item, attemptsLost)
    const outcome = await this.#running.alone(item, async tx => {
      const started = await sagaStartsOf(starts, message)
      for (const reaction of reactions) await this.#running.react(item, reaction, tx)
      return started
    })
    if (outcome.is === 'thrown') return this.#park(item, outcome.error)
    this.#starts.push(...outcome.result)
    for (const choreography of tracked)
      this.#change.orchestration.apply(instanceId(choreography, message), toldBy(message), message.id)
    this.#done(item)
  }

  #done(item: Work): void {
    if (item.claim !== undefined) this.#inbox.settle(item.identity, handled(1))
    this.#count(item, 'handled')
  }

  // ── Parked messages and dead letters ──────────────────────────────────────────────────────────────────────────────

  #park(item: Work, error: unknown): void {
    if (error instanceof Rejection) return this.#kill(item, error.message)
    const custody = this.#custodyOf(item)
    const attempts = item.claim === undefined ? 1 : custody.attempts
    const firstAttemptAt = custody.firstAttemptAt || this.#now
    const tried = { attempts, sinceMs: this.#now - firstAttemptAt }
    const dueInMs = nextDelayMs(retryOf(item), tried, this.#engine.clock.random())
    const text = textOf(error)
    const { log, service, telemetry } = this.#engine
    if (dueInMs === undefined) return this.#kill(item, text)
    const shown = this.#masked(item, text)
    log.warn(
      { service, message: item.envelope.id, identity: item.identity, attempts, dueInMs, error: shown },
      `${service}: parked ${item.identity}: ${shown}`,
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
    const before = this.#inbox.recordOf(item) ?? handled(1)
    this.#inbox.settle(item.identity, parked(before, custody, error))
    this.#parkedFor(custody.dueInMs)
  }

  /** The last attempt has failed, or there is no use in any: a dead letter, and the answer that it is one. */
  #kill(item: Work, reason: string): void {
    const { log, service, telemetry } = this.#engine
    const message = messageOf(item)
    const shown = this.#masked(item, reason)
    log.error(
      { service, message: item.envelope.id, identity: item.identity, reason: shown },
      `${service}: dead letter ${item.identity}: ${shown}`,
    )
    telemetry.count('makegood_messages_dead_total', {
      type: message?.type ?? 'unknown',
      // What a handler threw says something else each time: a metric has no room for that.
      reason: /^[A-Z_]+(?=:)/.exec(reason)?.[0] ?? 'other',
    })
    const before = this.#inbox.recordOf(item) ?? handled(1)
    const answer: Answer | undefined =
      message?.kind === 'command' ? { failure: 'UNPROCESSABLE', payload: { error: reason } } : undefined
    this.#inbox.settle(item.identity, dead(before, this.#custodyOf(item), reason, answer))
    this.#change.outgoing.deadLetterCopy(item.envelope, reason)
    if (message?.kind === 'command' && answer !== undefined)
      this.#change.outgoing.reply(message, Math.max(before.attempt, message.attempt), answer)
  }

  /** A dead letter that has no record of its own. */
  #addDeadLetter(item: Work, identity: string, reason: string): void {
    const shown = this.#masked(item, reason)
    this.#engine.log.error(
      { service: this.#engine.service, identity, reason: shown },
      `${this.#engine.service}: dead letter ${identity}: ${shown}`,
    )
    const handling = dead(handled(1), newCustody(item.envelope), reason, undefined)
    this.#inbox.add(item, identity, handling)
    this.#change.outgoing.deadLetterCopy(item.envelope, reason)
  }

  /** A log is read by more people than a dead letter: what is personal or secret in the message is not in it. */
  #masked(item: Work, text: string): string {
    const { headers, body } = item.envelope
    return this.#engine.masking.over([messageOf(item)?.payload, headers, body]).text(text)
  }

  #custodyOf(item: Work): Custody {
    return (
      this.#inbox.recordOf(item)?.custody ??
      item.claim?.handling.custody ?? { ...newCustody(item.envelope), attempts: 1 }
    )
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

function sagaIdsIn(work: readonly Work[]): readonly string[] {
  return [...new Set(work.flatMap(({ reading }) => (reading.kind === 'reply' ? [reading.message.sagaId] : [])))]
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
